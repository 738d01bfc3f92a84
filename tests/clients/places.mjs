// Where the server is, and what opens it.
import { readFileSync } from 'node:fs'

export const url = process.env.URL
export const key = () => readFileSync(process.env.KEY_FILE, 'utf8').trim() // asked for each time: keys are replaced
