// A list that the server keeps true: leadBoard over graphql-ws.
import { shown } from './shown.mjs'
import { socket } from './socket.mjs'

const BOARD = `subscription {
  leadBoard(first: 50) {
    ... on BoardSnapshot { entries { position lead { ...Row } } }
    ... on BoardDelta { left entered { position lead { ...Row } } updated { position lead { ...Row } } }
  }
}
fragment Row on Lead { id name engagement { score level { name color } } }`

let board = []

function take({ entries, entered = [], updated = [], left = [] }) {
  const placed = [...(entries ?? []), ...entered, ...updated].sort((a, b) => a.position - b.position)
  const gone = new Set([...left, ...placed.map((entry) => entry.lead.id)])
  board = entries ? [] : board.filter((lead) => !gone.has(lead.id))
  for (const { position, lead } of placed) board.splice(position, 0, lead)
}

socket.subscribe({ query: BOARD }, {
  next({ data }) {
    take(data.leadBoard)
    shown(board)
  },
  error(error) { throw error },
  complete() {},
})
