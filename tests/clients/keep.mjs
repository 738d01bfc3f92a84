// Keeps a list of leads true: what README shows, for any client of graphql-ws.
export const LIVE = `subscription ($after: String) {
  leadTierChanged(dimension: ENGAGEMENT, after: $after) {
    ... on TierChanges { cursor changes { lead { __typename ...Listed } } }
    ... on ResyncRequired { cursor }
  }
}
fragment Listed on Lead { id version name engagement { __typename score level { __typename name color } } }`

/** Subscribes first, reads when the subscription stands, and after that goes by what it is told. */
export function keep(socket, read, put) {
  let cursor
  const variables = { get after() { return cursor } } // read anew whenever the socket had to connect again
  return socket.subscribe({ query: LIVE, variables }, {
    async next({ data: { leadTierChanged: told } }) {
      const known = cursor !== undefined && told.changes
      cursor = told.cursor
      for (const lead of known ? told.changes.map(change => change.lead) : await read()) put(lead)
    },
    error(error) { throw error },
    complete() {},
  })
}
