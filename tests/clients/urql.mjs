// A list in a program with urql.
import { Client, fetchExchange, gql } from '@urql/core'
import { keep } from './keep.mjs'
import { key, url } from './places.mjs'
import { shown } from './shown.mjs'
import { socket } from './socket.mjs'

const client = new Client({
  url,
  exchanges: [fetchExchange],
  preferGetMethod: false,
  fetchOptions: () => ({ headers: { authorization: `Bearer ${key()}` } }),
})
const LEADS = gql`{ leads(first: 100) { edges { node { id version name engagement { score level { name color } } } } } }`
const leads = new Map()

const read = async () => {
  const { data, error } = await client.query(LEADS, {}, { requestPolicy: 'network-only' })
  if (error) throw error
  return data.leads.edges.map(edge => edge.node)
}
keep(socket, read, lead => {
  if (!(leads.get(lead.id)?.version > lead.version)) leads.set(lead.id, lead)
  shown([...leads.values()])
})
