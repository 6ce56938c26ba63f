import { UsageError } from '../../core/errors.js';
import type { RequestSchemas } from '../sessions/request-handlers.js';
import type { StandardSchema } from '../standard-schema.js';
import { matchesPattern } from '../topic-name.js';
import type { TopicPolicy } from '../topic-policy.js';
import { compareSpecificity } from '../topics/policy-table.js';
import type { Contract } from './contract.js';
import { checkContract } from './contract-check.js';

/** A contract as a hub keeps it: finds the schemas of topics and methods. Without a contract it has none. */
export class ContractTable {
  readonly #topics: readonly (readonly [pattern: string, schema: StandardSchema])[];
  readonly #requests: ReadonlyMap<string, RequestSchemas>;
  readonly #clientRequests: ReadonlyMap<string, RequestSchemas>;

  /** @throws UsageError `ERR_WS_INVALID_OPTION`, HubError `ERR_HUB_INVALID_PATTERN` */
  constructor(contract: Contract | undefined) {
    if (contract !== undefined) checkContract(contract);
    const { topics = {}, requests = {}, clientRequests = {} }: Partial<Contract> = contract ?? {};
    this.#topics = Object.entries(topics).sort(([a], [b]) => compareSpecificity(a, b));
    this.#requests = new Map(Object.entries(requests));
    this.#clientRequests = new Map(Object.entries(clientRequests));
  }

  /**
   * Policies for the topics of the contract that have no other ones, by the same patterns; undefined when it has none.
   */
  get policies(): Readonly<Record<string, TopicPolicy>> | undefined {
    if (this.#topics.length === 0) return undefined;
    return Object.fromEntries(this.#topics.map(([pattern]) => [pattern, {}]));
  }

  /** The schema of a checked topic; null when the contract has none. */
  schemaOf(topic: string): StandardSchema | null {
    return this.#topics.find(([pattern]) => matchesPattern(pattern, topic))?.[1] ?? null;
  }

  /** What the contract says of a method that clients ask for; undefined when it has none of that name. */
  request(method: string): RequestSchemas | undefined {
    return this.#requests.get(method);
  }

  /** What the contract says of a method that clients answer. */
  clientRequest(method: string): RequestSchemas {
    return this.#clientRequests.get(method) ?? unchecked;
  }

  /**
   * Refuses policies that have schemas of their own where the contract has some, and contracts for topics that can never be.
   *
   * @throws UsageError `ERR_WS_INVALID_OPTION`
   */
  checkPolicies(policies: Readonly<Record<string, { readonly schema?: StandardSchema }>>): void {
    const namespaces = Object.entries(policies);
    for (const [pattern] of this.#topics) {
      const meeting = namespaces.filter(([namespace]) => meets(pattern.split('/'), namespace.split('/')));
      if (meeting.length === 0) {
        throw invalid(
          `the contract has ${JSON.stringify(pattern)}, but no policy of topics has such a topic`,
        );
      }
      const rival = meeting.find(([, { schema }]) => schema !== undefined);
      if (rival === undefined) continue;
      const [first, second] = [JSON.stringify(rival[0]), JSON.stringify(pattern)];
      throw invalid(`topics[${first}].schema is one too many: the contract has a schema of ${second}`);
    }
  }
}

/** Whether some topic may be of both patterns. */
function meets(left: readonly string[], right: readonly string[]): boolean {
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [a, b] = [left[i], right[i]];
    if (a === undefined || b === undefined) return false;
    if (a === '**' || b === '**') return true;
    if (a !== b && a !== '*' && b !== '*') return false;
  }
  return true;
}

function invalid(problem: string): UsageError {
  return new UsageError('ERR_WS_INVALID_OPTION', problem);
}

const unchecked: RequestSchemas = {};
