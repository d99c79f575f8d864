/** What somebody who edits rules is shown of their language; plugins/rules/README.md has all of it. */
export const RULE_EXAMPLE = `version: 1
sets:
  lan: [10.0.0.0/8, "fd00::/8"]
rules:                           # the first that matches decides
  - name: web
    allow: snet.out              # or deny, ask; snet.in, snet.connect …
    exe: [/usr/bin/curl, /opt/**]
    user: 1000                   # or a name
    to: $lan                     # addresses, networks, sets; from as well
    port: [80, 443, "8000-8100"]
    proto: tcp
    remember: 10m                # the kernel repeats the answer meanwhile
  - { deny: snet.out, not: { user: 0 }, errno: ECONNREFUSED }
`;
