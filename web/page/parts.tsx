/** Parts that several views are made of. */

import type { ComponentChildren, JSX } from "preact";

/** A view: its title, what stands beside that, at its left and at its right, and what is below. */
export function View({ title, state, tools, children, ...events }: {
  readonly title: string;
  readonly state?: ComponentChildren;
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly onPointerEnter?: () => void;
  readonly onPointerLeave?: () => void;
}) {
  return (
    <section class={`view ${title.toLowerCase()}`} aria-labelledby="title" {...events}>
      <header class="view-head">
        <h1 id="title">{title}</h1>
        {state}
        <Grow />
        {tools}
      </header>
      {children}
    </section>
  );
}

/** One that sends no form. */
export function Button(attributes: JSX.ButtonHTMLAttributes<HTMLButtonElement>) {
  return <button type="button" {...attributes} />;
}

/** Which of a few is shown. */
export function Switch<T extends string>({ label, of, value, choose }: {
  readonly label: string;
  readonly of: readonly T[];
  readonly value: T;
  readonly choose: (each: T) => void;
}) {
  return (
    <div class="switch" role="group" aria-label={label}>
      {of.map((each) => (
        <Button key={each} aria-pressed={each === value} onClick={() => choose(each)}>{each}</Button>
      ))}
    </div>
  );
}

/** A word or two about what it stands beside. */
export function Badge({ kind = "", ...rest }: {
  readonly kind?: string;
  readonly title?: string;
  readonly role?: "status";
  readonly children: ComponentChildren;
}) {
  return <span class={`badge ${kind}`} {...rest} />;
}

/** Takes the room that is left in a line. */
export function Grow() {
  return <div class="grow" />;
}

/** What went wrong, if anything did. */
export function Failure(
  { of, kind = "" }: { readonly of: string | undefined; readonly kind?: "notice" | "" },
) {
  return of === undefined ? null : <p class={`${kind} error`} role="alert">{of}</p>;
}

/** Instead of what there is none of: that, and what would be there. */
export function Nothing({ text, hint }: { readonly text: string; readonly hint?: ComponentChildren }) {
  return (
    <div class="nothing">
      <p>{text}</p>
      <p class="faint">{hint}</p>
    </div>
  );
}

/** One of a few, beside each other. */
export function Choice<T>({ name, of, value, textOf, choose }: {
  /** Of the field: no other has the same. */
  readonly name: string;
  readonly of: readonly T[];
  readonly value: T | undefined;
  readonly textOf: (each: T) => string;
  readonly choose: (each: T) => void;
}) {
  return of.map((each) => (
    <label key={each}>
      <input type="radio" name={name} checked={each === value} onChange={() => choose(each)} />
      <span>{textOf(each)}</span>
    </label>
  ));
}

/** What is known, and where something is to be said of it, that. */
export type Fact = readonly [label: string, of: ComponentChildren, note?: string | undefined];

/** What is known of something; empty ones are left out. */
export function Facts({ of }: { readonly of: readonly Fact[] }) {
  return (
    <dl class="facts">
      {of.map(([label, text, note], index) =>
        text && (
          <div key={index}>
            <dt>{label}</dt>
            <dd>
              {text}
              {note && <small>{` (${note})`}</small>}
            </dd>
          </div>
        )
      )}
    </dl>
  );
}

/** Takes back what was saved last, of the file at `path`. */
export function Undo({ path, isBusy, undo }: {
  readonly path: string;
  readonly isBusy: boolean;
  readonly undo: () => Promise<void>;
}) {
  return <Button disabled={isBusy} title={path} onClick={() => void undo()}>Undo the last change</Button>;
}
