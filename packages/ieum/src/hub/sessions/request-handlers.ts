import type { Contract } from '../contract/contract.js';
import { HubError } from '../hub-error.js';
import type { HubObserver } from '../hub-observer.js';
import { checkSchema } from '../publishing/schema-check.js';
import type { StandardSchema } from '../standard-schema.js';
import type { RequestContext } from './session-hub.js';

/** Answers a request of a client: what it returns, or resolves with, is the answer. */
export type RequestHandler<
  User,
  Input = unknown,
  Output = unknown,
  Agreed extends Contract | undefined = undefined,
> = (data: Input, context: RequestContext<User, Agreed>) => Output | Promise<Output>;

/** What a method takes and gives. */
export interface RequestSchemas {
  readonly input?: StandardSchema;
  readonly output?: StandardSchema;
}

/** The methods that clients can call. */
export class RequestHandlers<User> {
  readonly #methods = new Map<string, Method<User>>();
  readonly #observer: HubObserver;
  readonly #reportError: (error: unknown) => void;

  constructor(observer: HubObserver, reportError: (error: unknown) => void) {
    this.#observer = observer;
    this.#reportError = reportError;
  }

  /** @returns what takes the method away again. @throws HubError `ERR_HUB_INVALID_OPTION` when there is one of that name */
  add(name: string, handler: RequestHandler<User>, schemas: RequestSchemas): () => void {
    if (typeof name !== 'string' || name === '' || name.length > maxNameLength) {
      throw new HubError(
        'ERR_HUB_INVALID_OPTION',
        `a method’s name is a string of 1 to ${maxNameLength} characters`,
      );
    }
    if (this.#methods.has(name)) {
      throw new HubError('ERR_HUB_INVALID_OPTION', `there is a handler of ${JSON.stringify(name)} already`);
    }
    const method = { handler, schemas };
    this.#methods.set(name, method);
    return () => {
      if (this.#methods.get(name) === method) this.#methods.delete(name);
    };
  }

  /** Has a request handled. Rejects with a HubError, whatever the handler throws. */
  async handle(name: string, data: unknown, context: RequestContext<User>): Promise<unknown> {
    const method = this.#methods.get(name);
    if (method === undefined) throw new HubError('ERR_HUB_UNKNOWN_METHOD', 'there is no such method');
    const end = this.#observer.startOperation?.({ type: 'request', method: name, direction: 'received' });
    try {
      const result = await this.#run(method, data, context);
      end?.();
      return result;
    } catch (error) {
      end?.(error);
      throw error;
    }
  }

  async #run(
    { handler, schemas }: Method<User>,
    data: unknown,
    context: RequestContext<User>,
  ): Promise<unknown> {
    const input =
      schemas.input === undefined ? data : await checkSchema(schemas.input, data, this.#reportError);
    const output = await this.#answer(handler, input, context);
    return schemas.output === undefined ? output : this.#checkedAnswer(schemas.output, output);
  }

  async #answer(
    handler: RequestHandler<User>,
    input: unknown,
    context: RequestContext<User>,
  ): Promise<unknown> {
    try {
      return await handler(input, context);
    } catch (cause) {
      if (cause instanceof HubError) throw cause;
      throw this.#failure(cause);
    }
  }

  /** An answer that does not fit the method's own schema is nothing that the client could mend. */
  async #checkedAnswer(schema: StandardSchema, output: unknown): Promise<unknown> {
    try {
      return await checkSchema(schema, output, this.#reportError);
    } catch (cause) {
      throw (cause as HubError).code === 'ERR_HUB_HANDLER' ? cause : this.#failure(cause);
    }
  }

  #failure(cause: unknown): HubError {
    this.#reportError(cause);
    return new HubError('ERR_HUB_HANDLER', 'the request failed', { cause });
  }
}

interface Method<User> {
  readonly handler: RequestHandler<User>;
  readonly schemas: RequestSchemas;
}

const maxNameLength = 256;
