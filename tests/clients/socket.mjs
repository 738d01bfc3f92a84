// A socket of the standard client, which comes back by itself from whatever may pass.
import { readFileSync } from 'node:fs'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'

export const url = process.env.URL
export const key = () => readFileSync(process.env.KEY_FILE, 'utf8').trim() // asked for each time: keys are replaced

export const socket = createClient({
  url: url.replace('http', 'ws'),
  webSocketImpl: WebSocket,
  connectionParams: () => ({ authorization: `Bearer ${key()}` }),
  retryAttempts: Infinity,
  shouldRetry: () => true,
  keepAlive: 10_000,
})
