import { UsageError } from '../../core/errors.js';

import { ChildNamespaces, type NamespaceMatcher } from './child-namespaces.js';
import { type AnyNamespace, Namespace } from './namespace.js';
import type { NamespaceParts } from './namespace-parts.js';

/** The namespaces of a server: those that the application made, and those that a pattern lets clients have. */
export class NamespaceTable {
  readonly #parts: Omit<NamespaceParts, 'handleEmpty'>;
  readonly #namespaces = new Map<string, AnyNamespace>();
  readonly #parents = new Map<AnyNamespace, ChildNamespaces>();
  readonly #handleNew: (namespace: AnyNamespace) => void;

  constructor(parts: Omit<NamespaceParts, 'handleEmpty'>, handleNew: (namespace: AnyNamespace) => void) {
    this.#parts = parts;
    this.#handleNew = handleNew;
  }

  get all(): IterableIterator<AnyNamespace> {
    return this.#namespaces.values();
  }

  get(name: string): AnyNamespace | undefined {
    return this.#namespaces.get(name);
  }

  /** The namespace of that name, which is there from now on. @throws UsageError `ERR_WS_INVALID_OPTION` */
  take(name: string): AnyNamespace {
    const full = name.startsWith('/') ? name : `/${name}`;
    if (full.includes(',') || full.length > maxNameLength) {
      const problem = `a namespace has no comma in its name, and at most ${maxNameLength} characters`;
      throw new UsageError('ERR_WS_INVALID_OPTION', problem);
    }
    return this.#namespaces.get(full) ?? this.#make(full, () => undefined);
  }

  /** What namespaces have that clients ask for, and for which the pattern or the function is right. */
  takeParent(pattern: RegExp | NamespaceMatcher): AnyNamespace {
    const children = new ChildNamespaces(pattern);
    const name = `/_${this.#parents.size}`;
    const parent: AnyNamespace = new Namespace(name, {
      ...this.#parts,
      broadcaster: children,
      handleEmpty: () => undefined,
    });
    this.#parents.set(parent, children);
    return parent;
  }

  /** The namespace that a client asks for; undefined when there is to be none. */
  async find(name: string, auth: Readonly<Record<string, unknown>>): Promise<AnyNamespace | undefined> {
    const known = this.#namespaces.get(name);
    if (known !== undefined) return known;
    for (const [parent, children] of this.#parents) {
      const isThere = await children.admits(name, auth, this.#parts.settings.reportError);
      if (isThere) return this.#namespaces.get(name) ?? this.#makeChild(name, parent, children);
    }
    return undefined;
  }

  #makeChild(name: string, parent: AnyNamespace, children: ChildNamespaces): AnyNamespace {
    const child = this.#make(
      name,
      () => {
        if (!this.#parts.settings.cleansUpChildren || child.sockets.size > 0) return;
        children.delete(name);
        this.#namespaces.delete(name);
      },
      parent,
    );
    children.add(child);
    return child;
  }

  #make(name: string, handleEmpty: () => void, parent?: AnyNamespace): AnyNamespace {
    const namespace: AnyNamespace = new Namespace(name, { ...this.#parts, handleEmpty });
    if (parent !== undefined) namespace.inherit(parent);
    this.#namespaces.set(name, namespace);
    if (name !== '/') this.#handleNew(namespace);
    return namespace;
  }
}

const maxNameLength = 200;
