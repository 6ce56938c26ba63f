export type {
  Broker,
  BrokerSink,
  HistoryPage,
  HistoryRequest,
  HistoryRetention,
  Member,
  MemberChange,
  NodeMember,
  Receipt,
  Retention,
} from './broker.js';
export {
  type Contract,
  type ContractDefinition,
  defineContract,
  type MethodSchemas,
  type TopicSchemas,
} from './contract/contract.js';
export type { ClientContract, JsonOf, PatternOf, TopicOf } from './contract/contract-types.js';
export { createHub, type Hub, type PublishOptions, type TypedHistoryPage } from './hub.js';
export { HubError, type HubErrorCode } from './hub-error.js';
export type { FanOut, HubObserver, HubOperation } from './hub-observer.js';
export type { Authorize, HubAction, HubOptions, WhenBrokerDown } from './hub-options.js';
export type { Identity } from './identity.js';
export { MemoryBroker, type MemoryBrokerOptions, type SharedMemoryOptions } from './memory/memory-broker.js';
export { MemoryExchange, type MemoryExchangeOptions } from './memory/memory-broker-exchange.js';
export type { Position } from './position.js';
export { type Encoding, type PayloadFormat, Publication, type PublicationDraft } from './publication.js';
export { type Content, contentOf } from './publishing/content.js';
export type { PublishResult } from './publishing/publishing.js';
export type { TopicHandlers } from './sessions/application-subscriber.js';
export { type Answer, ClientError, type RequestOptions } from './sessions/outgoing-requests.js';
export type { RequestHandler, RequestSchemas } from './sessions/request-handlers.js';
export type { Opened, Session, SubscribeOptions } from './sessions/session.js';
export type { RequestContext } from './sessions/session-hub.js';
export type { Subscription } from './sessions/subscription.js';
export type { InputOf, OutputOf, SchemaIssue, SchemaResult, StandardSchema } from './standard-schema.js';
export type {
  Gap,
  OutgoingRequest,
  PresenceChange,
  SessionClose,
  Subscribed,
  Subscriber,
  SubscriptionEnd,
  SubscriptionFace,
} from './subscriber.js';
export { matchesPattern } from './topic-name.js';
export type { SlowReaderPolicy, TopicPolicy } from './topic-policy.js';
