// Keeps a list of leads true: what README shows, for any client of graphql-ws or graphql-sse.
export const LIVE = `subscription ($after: String) {
  leadTierChanged(dimension: ENGAGEMENT, after: $after) {
    ... on TierChanges { cursor changes { lead { __typename ...Listed } } }
    ... on ResyncRequired { cursor }
  }
}
fragment Listed on Lead { id version name engagement { __typename score level { __typename name color } } }`

/** Reads when the subscription stands, or says that it must, and else goes by what it is told. */
export function keep(live, read, put) {
  let cursor, turn = Promise.resolve() // one after the other: what is told during a reading is newer than it
  const variables = { get after() { return cursor } } // asked for whenever it connects again
  const readLeads = () => read().catch(() => new Promise(done => setTimeout(done, 1_000)).then(readLeads))
  return live.subscribe({ query: LIVE, variables }, {
    next({ data: { leadTierChanged: told } }) {
      const changed = cursor !== undefined && told.changes?.map(change => change.lead)
      cursor = told.cursor
      turn = turn.then(async () => (changed || await readLeads()).forEach(lead => put(lead)))
    },
    error(error) { throw error },
    complete() {},
  })
}
