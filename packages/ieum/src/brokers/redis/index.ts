export { createRedisBroker, RedisBroker } from './redis-broker.js';
export type { RedisAddress, RedisBrokerOptions, RedisServers } from './redis-options.js';
