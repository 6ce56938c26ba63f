// #region contract
import { defineContract } from 'ieum/hub';
import * as z from 'zod';

export const chat = defineContract({
  topics: {
    'chat/*': z.object({ text: z.string().trim().min(1).max(2_000) }),
    'chat/*/typing': z.boolean(),
  },
  requests: {
    createRoom: { input: z.object({ title: z.string() }), output: z.object({ topic: z.string() }) },
  },
  clientRequests: {
    theme: { output: z.enum(['dark', 'light']) },
  },
});
// #endregion
