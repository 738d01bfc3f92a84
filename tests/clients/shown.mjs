// What a person would see, a line for every change of it.
export const shown = leads => console.log(JSON.stringify(Object.fromEntries(
  leads.map(lead => [lead.name, lead.engagement.level?.name ?? null]),
)))
