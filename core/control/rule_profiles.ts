/** Profiles of rules: which there are, which is active, and how another is made so. */

import type { Config } from "../config.ts";
import type { SourceText } from "../plugin.ts";
import type { RuleProfilesJson } from "./api.ts";
import type { OptionDesk } from "./option_desk.ts";
import { RequestError } from "./request_error.ts";
import { filesOf, headOf, ruleFiles, RULES } from "./rule_list.ts";

/** The entry of the configuration that has profiles, by its place; undefined where none has. */
export function profilesOf(
  { plugins }: Pick<Config, "plugins">,
): (RuleProfilesJson & { readonly entry: number }) | undefined {
  for (const [entry, plugin] of plugins.entries()) {
    if (plugin.name !== RULES) continue;
    const names = [...new Set(filesOf(plugin).flatMap((file) => headOf(file).profiles ?? []))];
    const active = activeOf(plugin.options);
    if (names.length > 0) return { entry, names, ...(active !== undefined && { active }) };
  }
  return undefined;
}

/** The files whose rules count, in the order of asking. */
export function activeFiles({ plugins }: Pick<Config, "plugins">): readonly SourceText[] {
  const active = plugins.map((plugin) => {
    if (plugin.name !== RULES) return plugin;
    const profile = activeOf(plugin.options);
    const files = filesOf(plugin).filter((file) => {
      const { profiles } = headOf(file);
      return profiles === undefined || profile !== undefined && profiles.includes(profile);
    });
    return { ...plugin, options: { ...plugin.options, files } };
  });
  return ruleFiles({ plugins: active });
}

/** What everybody may know of them. */
export function told({ names, active }: RuleProfilesJson): RuleProfilesJson {
  return { names, ...(active !== undefined && { active }) };
}

/** The profile that options of the plugin `rules` make active. */
function activeOf({ profile }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof profile === "string" ? profile : undefined;
}

/**
 * Makes another profile active, or none, in the configuration's file: all of it is taken over or nothing. Throws a RequestError.
 */
export async function switchProfile(
  config: Pick<Config, "plugins">,
  options: Pick<OptionDesk, "state" | "save">,
  name: string | null,
): Promise<RuleProfilesJson> {
  const profiles = profilesOf(config);
  if (profiles === undefined) {
    throw new RequestError(404, 'There are no profiles: no file of rules says "profile"');
  }
  const { entry, names } = profiles;
  if (name !== null && !names.includes(name)) {
    throw new RequestError(404, `There is no profile ${JSON.stringify(name)}; there are ${names.join(", ")}`);
  }
  const { file } = options.state();
  if (file === undefined) throw new RequestError(409, "The configuration's file cannot be read");
  if (name !== (profiles.active ?? null)) {
    await options.save({ entry, name: RULES, tag: file.tag, changes: { profile: name } });
  }
  return { names, ...(name !== null && { active: name }) };
}
