// A socket of the standard client, which comes back by itself from whatever may pass.
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { key, url } from './places.mjs'

export const socket = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: () => ({ authorization: `Bearer ${key()}` }),
  retryAttempts: Infinity,
  shouldRetry: () => true,
  keepAlive: 10_000,
})
