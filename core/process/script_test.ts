import { equal } from "node:assert/strict";
import { scriptOf } from "./script.ts";

Deno.test("script: what an interpreter runs, behind its own options", () => {
  const scripts: readonly (readonly [exe: string, line: string, script: string | undefined])[] = [
    ["/usr/bin/python3.11", "python3 -u -W ignore /srv/backup.py --all", "/srv/backup.py"],
    ["/usr/bin/python3.11", "python3 -m http.server 80", "http.server"],
    ["/usr/bin/python3.11", "python3 -c import_socket x.py", undefined],
    ["/usr/bin/python3.11", "python3", undefined],
    ["/usr/bin/dash", "sh -x deploy.sh now", "deploy.sh"],
    ["/usr/bin/dash", "sh -ec curl_example.org", undefined],
    ["/usr/bin/bash", "bash -o pipefail -- -odd", "-odd"],
    ["/usr/bin/bash", "-bash", undefined],
    ["/usr/bin/bash", "bash -", undefined],
    ["/usr/bin/node", "node --enable-source-maps --require ./x.js server.js", "server.js"],
    ["/usr/bin/node", "node -e fetch('x')", undefined],
    ["/usr/bin/deno", "deno run -A --config d.json main.ts", "main.ts"],
    ["/usr/bin/perl", "perl -w -I lib run.pl", "run.pl"],
    ["/usr/bin/ruby3.1", "ruby3.1 app.rb", "app.rb"],
    ["/usr/lib/jvm/java-17/bin/java", "java -Xmx1g -cp a:b -jar server.jar", "server.jar"],
    ["/usr/bin/curl", "curl script.sh", undefined],
    ["/usr/bin/pythonic", "pythonic x.py", undefined],
    ["/usr/bin/constructor", "constructor x", undefined],
  ];
  for (const [exe, line, script] of scripts) equal(scriptOf(exe, line.split(" ")), script, line);
});
