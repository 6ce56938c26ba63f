import type { RequestSchemas } from '../sessions/request-handlers.js';
import type { StandardSchema } from '../standard-schema.js';
import { checkContract } from './contract-check.js';

/** What may be published, by pattern: the most specific one that has a topic holds for it. */
export type TopicSchemas = Readonly<Record<string, StandardSchema>>;

/** What methods take and give, by name. */
export type MethodSchemas = Readonly<Record<string, RequestSchemas>>;

/** What a hub and its clients have agreed on: made once with `defineContract`, and known to both sides. */
export interface Contract<
  Topics extends TopicSchemas = TopicSchemas,
  Requests extends MethodSchemas = MethodSchemas,
  ClientRequests extends MethodSchemas = MethodSchemas,
> {
  readonly topics: Topics;
  /** Clients ask, the application answers. */
  readonly requests: Requests;
  /** The application asks, a client answers. */
  readonly clientRequests: ClientRequests;
}

/** What is left out of a contract has nothing in it. */
export interface ContractDefinition<
  Topics extends TopicSchemas,
  Requests extends MethodSchemas,
  ClientRequests extends MethodSchemas,
> {
  /** By pattern, what is published on topics: JSON that the schema accepts, and what it makes of it. */
  readonly topics?: Topics;
  /** By method, what clients ask with and what the application answers. */
  readonly requests?: Requests;
  /** By method, what the application asks a client with and what that answers. */
  readonly clientRequests?: ClientRequests;
}

/**
 * Defines what is published on topics and what is asked and answered, with schemas of Zod, Valibot, ArkType or any other
 * library that offers Standard Schema. Give it to `createHub`; clients need its type alone, as `ClientContract<typeof …>`.
 *
 * @throws UsageError `ERR_WS_INVALID_OPTION`, HubError `ERR_HUB_INVALID_PATTERN`
 */
export function defineContract<
  Topics extends TopicSchemas = Nothing,
  Requests extends MethodSchemas = Nothing,
  ClientRequests extends MethodSchemas = Nothing,
>(
  definition: ContractDefinition<Topics, Requests, ClientRequests>,
): Contract<Topics, Requests, ClientRequests> {
  checkContract(definition);
  return Object.freeze({
    topics: Object.freeze({ ...definition.topics } as Topics),
    requests: Object.freeze({ ...definition.requests } as Requests),
    clientRequests: Object.freeze({ ...definition.clientRequests } as ClientRequests),
  });
}

type Nothing = Readonly<Record<never, never>>;
