/// <reference types="node" preserve="true" />

export type { OriginRule } from './origin-judge.js';
export type { SockJsChannel, SockJsService } from './service-channel.js';
export { createSockJs, type SockJs } from './sockjs.js';
export type { SockJsOptions } from './sockjs-options.js';
export type { SockJsRequest } from './sockjs-request.js';
export type { SockJsPeer, SockJsRefusal, SockJsRoute, UpgradeSource } from './websocket-route.js';
