export type { TopicHandlers } from './application-subscriber.js';
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
export { type Content, contentOf } from './content.js';
export {
  type Contract,
  type ContractDefinition,
  defineContract,
  type MethodSchemas,
  type TopicSchemas,
} from './contract.js';
export type { ClientContract, JsonOf, PatternOf, TopicOf } from './contract-types.js';
export { createHub, type Hub, type PublishOptions, type TypedHistoryPage } from './hub.js';
export { HubError, type HubErrorCode } from './hub-error.js';
export type { FanOut, HubObserver, HubOperation } from './hub-observer.js';
export type { Authorize, HubAction, HubOptions, WhenBrokerDown } from './hub-options.js';
export type { Identity } from './identity.js';
export { MemoryBroker, type MemoryBrokerOptions, type SharedMemoryOptions } from './memory-broker.js';
export { MemoryExchange, type MemoryExchangeOptions } from './memory-broker-exchange.js';
export { type Answer, ClientError, type RequestOptions } from './outgoing-requests.js';
export type { Position } from './position.js';
export { type Encoding, type PayloadFormat, Publication, type PublicationDraft } from './publication.js';
export type { PublishResult } from './publishing.js';
export type { RequestHandler, RequestSchemas } from './request-handlers.js';
export type { Opened, Session, SubscribeOptions } from './session.js';
export type { RequestContext } from './session-hub.js';
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
export type { Subscription } from './subscription.js';
export { matchesPattern } from './topic-name.js';
export type { SlowReaderPolicy, TopicPolicy } from './topic-policy.js';
