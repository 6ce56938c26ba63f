/**
 * What the transport must do once the output is written: stay open, end its sending side (TCP FIN) and keep reading,
 * or be destroyed.
 */
export type TransportDirective = 'open' | 'end' | 'abort';
