/** What snet is when a sandbox starts it: the one who confines itself and becomes the plugin, or a module's runtime. */

/** Runs a role: `launch PLAN`, or `module FILE`. */
export async function runRole([role, word = ""]: readonly string[]): Promise<void> {
  if (role === "launch") {
    const { launch } = await import("./launch.ts");
    launch(JSON.parse(word));
  } else if (role === "module") {
    const { runModule } = await import("./module.ts");
    await runModule(JSON.parse(word));
  }
}
