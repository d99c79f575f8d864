/** JSON Schema (2020-12) of TypeScript types, from what `deno doc --json` tells of them. */

/** A type as `deno doc` has it; of the parts of each kind, those that are read here. */
export interface DocType {
  readonly kind: string;
  readonly repr?: string;
  // deno-lint-ignore no-explicit-any
  readonly value: any;
}

interface DocProperty {
  readonly name: string;
  readonly optional?: boolean;
  readonly tsType: DocType;
  readonly jsDoc?: { readonly doc?: string };
}

/** A declaration as `deno doc` has it. */
export interface DocDeclaration {
  readonly kind: string;
  /** Where it stands itself, also where another module passes it on. */
  readonly location: { readonly filename: string };
  readonly jsDoc?: { readonly doc?: string };
  readonly def: {
    readonly tsType?: DocType;
    readonly properties?: readonly DocProperty[];
    readonly extends?: readonly DocType[];
  };
}

export type Schema = Readonly<Record<string, unknown>>;

/** Gives the declaration of a type that `module` names, and in which module it is. */
export type Find = (
  module: string,
  name: string,
) => { readonly module: string; readonly declaration: DocDeclaration } | undefined;

/** The schemas of types, and of all that they name. */
export class Schemas {
  readonly schemas: Record<string, Schema> = {};
  /** In which module the type of a name is: one name cannot stand for two types. */
  readonly #modules = new Map<string, string>();
  readonly #find: Find;
  readonly #given: Readonly<Record<string, Schema>>;

  /** @param given the schemas of types that are not looked up, by their names */
  constructor(find: Find, given: Readonly<Record<string, Schema>> = {}) {
    this.#find = find;
    this.#given = given;
  }

  /** A reference to the schema of a type; throws an Error of one line for what is none, or has no schema. */
  add(module: string, name: string): Schema {
    const reference = { $ref: `#/components/schemas/${name}` };
    const given = this.#given[name];
    if (given !== undefined) {
      this.schemas[name] = given;
      return reference;
    }
    const found = this.#find(module, name);
    if (found === undefined) throw new Error(`${module}: there is no type "${name}"`);
    const former = this.#modules.get(name);
    if (former === found.module) return reference;
    if (former !== undefined) throw new Error(`"${name}" is a type of ${former} and of ${found.module}`);
    this.#modules.set(name, found.module);
    // Taken now, so that they stand in the order in which they are named.
    this.schemas[name] = {};
    this.schemas[name] = described(this.#ofDeclaration(found.module, found.declaration), found.declaration);
    return reference;
  }

  #ofDeclaration(module: string, { def }: DocDeclaration): Schema {
    if (def.tsType !== undefined) return this.#of(module, def.tsType);
    const own = this.#object(module, def.properties ?? []);
    const bases = (def.extends ?? []).map((base) => this.#of(module, base));
    return bases.length === 0 ? own : { allOf: [...bases, own] };
  }

  #object(module: string, properties: readonly DocProperty[]): Schema {
    const required = properties.filter(({ optional }) => !optional).map(({ name }) => name);
    return {
      type: "object",
      properties: Object.fromEntries(
        properties.map((property) => [property.name, described(this.#of(module, property.tsType), property)]),
      ),
      ...(required.length > 0 && { required }),
    };
  }

  #of(module: string, { kind, repr, value }: DocType): Schema {
    switch (kind) {
      case "keyword":
        return keyword(module, value);
      case "literal":
        return value.kind === "template" ? { type: "string" } : { const: value[value.kind] };
      case "array":
        return { type: "array", items: this.#of(module, value) };
      case "tuple":
        return { type: "array", prefixItems: value.map((type: DocType) => this.#of(module, type)) };
      case "typeOperator":
        return this.#of(module, value.tsType);
      case "parenthesized":
        return this.#of(module, value);
      case "typeLiteral":
        return this.#object(module, value.properties);
      case "union":
        return this.#union(module, value);
      case "intersection":
        return { allOf: value.map((type: DocType) => this.#of(module, type)) };
      case "indexedAccess":
        return this.#property(module, value.objType, value.indexType.value.string);
      case "typeRef":
        return this.#reference(module, value);
      default:
        throw new Error(`${module}: no schema for the type ${repr || kind}`);
    }
  }

  #union(module: string, types: readonly DocType[]): Schema {
    const all = types.filter(({ kind, value }) => !(kind === "keyword" && value === "undefined"));
    const isText = ({ kind, value }: DocType) => kind === "literal" && value.kind === "string";
    if (all.length === 1) return this.#of(module, all[0]!);
    if (all.every(isText)) return { type: "string", enum: all.map(({ value }) => value.string) };
    return { anyOf: all.map((type) => this.#of(module, type)) };
  }

  #property(module: string, type: DocType, name: string): Schema {
    const found = this.#find(module, type.value.typeName);
    const property = found?.declaration.def.properties?.find((property) => property.name === name);
    if (property === undefined) throw new Error(`${module}: no property "${name}" in ${type.repr}`);
    return this.#of(found!.module, property.tsType);
  }

  #reference(module: string, { typeName, typeParams = [] }: DocType["value"]): Schema {
    const [first, second] = typeParams;
    switch (typeName) {
      case "Readonly":
        return this.#of(module, first);
      case "Record": {
        const names = this.#of(module, first);
        const isOpen = names.type === "string" && names.enum === undefined;
        return {
          type: "object",
          ...(!isOpen && { propertyNames: names }),
          additionalProperties: this.#of(module, second),
        };
      }
      default:
        return this.add(module, typeName);
    }
  }
}

function keyword(module: string, name: string): Schema {
  if (["string", "number", "boolean", "null"].includes(name)) return { type: name };
  if (name === "unknown") return {};
  if (name === "never") return { not: {} };
  throw new Error(`${module}: no schema for the type ${name}`);
}

/** With what is said of it; links in that become code. */
function described(schema: Schema, { jsDoc }: { readonly jsDoc?: { readonly doc?: string } }): Schema {
  if (jsDoc?.doc === undefined) return schema;
  const description = jsDoc.doc.replaceAll(/\{@linkcode ([^}]+)\}/g, "`$1`").replaceAll(/\s*\n\s*/g, " ");
  return { description, ...schema };
}
