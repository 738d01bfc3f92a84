// A list in a program with Apollo Client, whose cache all its views are made of.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { keep } from './keep.mjs'
import { key, url } from './places.mjs'
import { shown } from './shown.mjs'
import { socket } from './socket.mjs'

const signed = new ApolloLink((operation, forward) => {
  operation.setContext({ headers: { authorization: `Bearer ${key()}` } })
  return forward(operation)
})
const client = new ApolloClient({ link: signed.concat(new HttpLink({ uri: url })), cache: new InMemoryCache() })
const LEAD = gql`fragment Listed on Lead { id version name engagement { score level { name color } } }`
const LEADS = gql`{ leads(first: 100) { edges { node { ...Listed } } } } ${LEAD}`

const read = async () => {
  const { data } = await client.query({ query: LEADS, fetchPolicy: 'network-only' })
  return data.leads.edges.map(edge => edge.node)
}
keep(socket, read, lead => {
  const id = client.cache.identify(lead)
  const known = client.cache.readFragment({ id, fragment: LEAD })
  if (!(known?.version > lead.version)) client.cache.writeFragment({ id, fragment: LEAD, data: lead })
  const list = client.cache.readQuery({ query: LEADS })
  if (list) shown(list.leads.edges.map(edge => edge.node))
})
