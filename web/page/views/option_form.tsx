/** The options of a plugin as a form, made from nothing but its declaration. */

import type { ComponentChildren } from "preact";
import type { OptionJson, PluginJson, PluginList } from "../../../core/control/api.ts";
import { busy, type Draft, editOf, isSet, type OptionEdit, textOf } from "../options.ts";
import { Badge, Button, Choice, Failure, Grow } from "../parts.tsx";
import { many } from "../words.ts";
import { Doc, limitsOf, OptionValue } from "./option_list.tsx";

/** As many choices stand beside each other; more of them in a list. */
const MOST_BESIDE = 4;
/** What stands for a text that a field for numbers does not tell. */
const NO_NUMBER = "no number";
/** Lines that a field of texts has at most. */
const MOST_LINES = 8;

interface Parts {
  readonly plugin: PluginJson;
  readonly entry: number;
  readonly file: NonNullable<PluginList["file"]>;
  readonly refresh: () => Promise<void>;
}

export function OptionForm({ plugin, entry, file, refresh }: Parts) {
  const edit = editOf(entry, plugin.name);
  const errors = edit.errors.value;
  const isReady = edit.isDirty && errors?.length === 0 && edit.failure.value === undefined && !busy.value;
  const save = () => isReady && void edit.save(refresh);
  return (
    <form
      class="options"
      autocomplete="off"
      noValidate
      aria-label={`Options of ${plugin.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        save();
      }}
    >
      {plugin.options.map((option) => (
        <Field
          key={option.name}
          option={option}
          edit={edit}
          tag={file.tag}
          id={`option-${entry}-${option.name}`}
        />
      ))}
      {errors?.filter(({ option }) => option === undefined).map(({ message }) => (
        <Failure key={message} of={message} />
      ))}
      {edit.isDirty && edit.tag.value !== file.tag && !busy.value
        ? <Conflict edit={edit} file={file} />
        : <Failure of={edit.failure.value} />}
      {plugin.options.some(({ byHand }) => byHand) && (
        <p class="faint">
          Options <Badge>by hand</Badge> may be paths, addresses or commands: they are changed in{" "}
          {file.path}, not here.
        </p>
      )}
      <footer class={edit.isDirty ? "changed" : ""}>
        <State edit={edit} />
        <Grow />
        <Button disabled={!edit.isDirty || busy.value} onClick={() => edit.revert()}>Revert</Button>
        <button type="submit" class="strong" disabled={!isReady}>Save</button>
      </footer>
    </form>
  );
}

function State({ edit: { isDirty, errors, failure, drafts } }: { readonly edit: OptionEdit }) {
  const mistakes = errors.value?.length ?? 0;
  const changed = `${drafts.value.size} changed`;
  const [kind, text] = !isDirty
    ? ["", "as it is in force"]
    : failure.value !== undefined
    ? ["bad", changed]
    : errors.value === undefined
    ? ["", `${changed}, checking…`]
    : mistakes > 0
    ? ["bad", `${changed}, ${many(mistakes, "mistake")}`]
    : ["live", `${changed}, no mistakes`];
  return <Badge kind={kind} role="status">{text}</Badge>;
}

function Conflict({ edit, file }: { readonly edit: OptionEdit; readonly file: Parts["file"] }) {
  return (
    <div class="notice" role="alert">
      <p>
        {file.path}{" "}
        was changed meanwhile by somebody else. What you have typed is still here, and not written.
      </p>
      <div class="terms">
        <Button onClick={() => edit.goOn(file.tag)}>Keep what I typed</Button>
        <Button onClick={() => edit.revert()}>Drop it</Button>
      </div>
    </div>
  );
}

interface FieldParts {
  readonly option: OptionJson;
  readonly edit: OptionEdit;
  readonly tag: string;
  readonly id: string;
}

function Field(parts: FieldParts) {
  const { option, edit, tag, id } = parts;
  const { name, doc, type, default: usual, optional, byHand } = option;
  const isChanged = edit.drafts.value.has(name);
  const errors = edit.errors.value?.filter((error) => error.option === name) ?? [];
  const isOff = edit.of(option) === null || !isChanged && !isSet(option);
  const canReset = (usual !== undefined || optional === true) && !isOff;
  const isGroup = type === "choices" || type === "choice" && option.choices!.length <= MOST_BESIDE;
  const label = <code>{name}</code>;
  return (
    <div class={isChanged ? "changed" : ""}>
      {isGroup || byHand
        ? <span id={`${id}-name`}>{label}</span>
        : <label for={id} id={`${id}-name`}>{label}</label>}
      <div class="field">
        {byHand ? <OptionValue option={option} /> : <Control {...parts} isWrong={errors.length > 0} />}
        {byHand ? <Badge>by hand</Badge> : (
          <Button
            class={`quiet ${canReset ? "" : "away"}`}
            disabled={!canReset}
            aria-label={`Default of ${name}`}
            title={usual === undefined ? "Leave it out" : `Leave it out: ${textOf(usual, type) || "none"}`}
            onClick={() => edit.change(option, null, tag)}
          >
            default
          </Button>
        )}
      </div>
      <div class="doc" id={`${id}-doc`}>
        <Doc text={doc} /> <small>{hintOf(option)}</small>
        <p class="error" role="alert">{errors.map(({ message }) => placeless(message)).join("; ")}</p>
      </div>
    </div>
  );
}

function Control(parts: FieldParts & { readonly isWrong: boolean }) {
  const { option, edit, tag, id, isWrong } = parts;
  const { type, choices = [], default: usual, min, max, isWithheld, isPartial, isSecret, value } = option;
  const draft = edit.of(option);
  const change = (draft: Draft) => edit.change(option, draft, tag);
  const told = { id, "aria-describedby": `${id}-doc`, "aria-invalid": isWrong };
  const asText = { spellcheck: false, autocapitalize: "off" } as const;
  const kept = isWithheld
    ? "set, not shown"
    : isPartial
    ? `${textOf(value!, type)}, not shown in full`
    : undefined;
  const hint = draft === null && kept !== undefined
    ? "taken out"
    : kept ?? (usual === undefined ? "not set" : textOf(usual, type) || "none");
  const text = typeof draft === "string" ? draft : "";
  switch (type) {
    case "boolean":
      return (
        <input
          {...told}
          type="checkbox"
          role="switch"
          checked={(draft ?? usual) === true}
          onChange={({ currentTarget }) => change(currentTarget.checked)}
        />
      );
    case "choice":
      return choices.length <= MOST_BESIDE
        ? (
          <Group parts={parts} role="radiogroup" class="switch">
            <Choice
              name={id}
              of={choices}
              value={(draft ?? usual) as string}
              textOf={(choice) => choice}
              choose={change}
            />
          </Group>
        )
        : (
          <select {...told} onChange={({ currentTarget }) => change(currentTarget.value)}>
            {(draft ?? usual ?? "") === "" && <option value="" selected>not set</option>}
            {choices.map((choice) => (
              <option key={choice} value={choice} selected={choice === (draft ?? usual)}>{choice}</option>
            ))}
          </select>
        );
    case "choices": {
      const chosen = (draft ?? usual ?? []) as readonly string[];
      return (
        <Group parts={parts} role="group" class="checks">
          {choices.map((choice) => (
            <label key={choice} class="check">
              <input
                type="checkbox"
                checked={chosen.includes(choice)}
                onChange={({ currentTarget }) =>
                  change(
                    choices.filter((each) => each === choice ? currentTarget.checked : chosen.includes(each)),
                  )}
              />
              {choice}
            </label>
          ))}
        </Group>
      );
    }
    case "strings":
      return (
        <textarea
          {...told}
          class={isSecret ? "secret" : ""}
          rows={Math.min(MOST_LINES, Math.max(2, text.split("\n").length, hint.split("\n").length))}
          value={text}
          placeholder={hint}
          {...asText}
          onInput={({ currentTarget }) => change(currentTarget.value)}
        />
      );
    default:
      return (
        <input
          {...told}
          type={isSecret ? "password" : type === "integer" ? "number" : "text"}
          autocomplete={isSecret ? "new-password" : "off"}
          // The field keeps what is no number yet, such as the minus of one.
          value={text === NO_NUMBER ? undefined : text}
          placeholder={hint}
          {...asText}
          {...type === "integer" && { min, max, step: 1 }}
          onInput={({ currentTarget: { value, validity } }) => change(validity.badInput ? NO_NUMBER : value)}
        />
      );
  }
}

function Group({ parts: { id }, role, class: name, children }: {
  readonly parts: FieldParts;
  readonly role: "radiogroup" | "group";
  readonly class: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div role={role} class={name} aria-labelledby={`${id}-name`} aria-describedby={`${id}-doc`}>
      {children}
    </div>
  );
}

/** What the field itself does not show. */
function hintOf({ type, min, max }: OptionJson): string {
  const limits = limitsOf({ type, min, max });
  if (type === "strings") return "one a line";
  return type === "duration" ? `such as 10s, 5m${limits && `; ${limits}`}` : limits;
}

/** A message without its place in a file that nobody here looks at. */
function placeless(message: string): string {
  return message.replace(/^\S+?:\d+:\d+: /, "");
}
