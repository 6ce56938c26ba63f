import type { ServerObserver } from 'ieum';

import type { ServedUser } from './auth/authentication.js';

/** One observer that tells several. */
export function observeAll(observers: readonly ServerObserver<ServedUser>[]): ServerObserver<ServedUser> {
  return {
    handleOpened: (peer, opening) => {
      for (const observer of observers) observer.handleOpened?.(peer, opening);
    },
    handleClosed: (peer, record) => {
      for (const observer of observers) observer.handleClosed?.(peer, record);
    },
    handleRefused: (refusal, opening) => {
      for (const observer of observers) observer.handleRefused?.(refusal, opening);
    },
  };
}
