// A list in a program without WebSocket: graphql-sse, in distinct connections.
import { createClient } from 'graphql-sse'
import { keep } from './keep.mjs'
import { key, url } from './places.mjs'
import { shown } from './shown.mjs'

const headers = () => ({ authorization: `Bearer ${key()}` })
const events = createClient({ url, headers, retryAttempts: Infinity })
const LEADS = '{ leads(first: 100) { edges { node { id version name engagement { score level { name color } } } } } }'
const leads = new Map()

const read = async () => {
  const body = JSON.stringify({ query: LEADS })
  const answer = await fetch(url, { method: 'POST', headers: { ...headers(), 'content-type': 'application/json' }, body })
  return (await answer.json()).data.leads.edges.map(edge => edge.node)
}
keep(events, read, lead => {
  if (!(leads.get(lead.id)?.version > lead.version)) leads.set(lead.id, lead)
  shown([...leads.values()])
})
