// The report on Mercurius with graphql-jit: a loader per edge, SQL written for our tables.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'

const schema = `
  type Query { pods(first: Int!): PodConnection! }
  type PodConnection { nodes: [Pod!]! }
  type Pod {
    id: ID! name: String! status: String! teamSize: Int! startedAt: String renewsAt: String
    costPerMonth: Money team: [PodMember!]! serviceLine: ServiceLine sla: SlaTerms
    slaReports(first: Int!): SlaReportConnection! tickets(first: Int!): TicketConnection!
  }
  type Money { amount: String! currency: String! }
  type PodMember { role: String! talent: Talent! }
  type Talent { id: ID! }
  type ServiceLine {
    id: ID! status: String! executionModel: String! allocations(first: Int!): AllocationConnection!
  }
  type AllocationConnection { nodes: [Allocation!]! }
  type Allocation {
    id: ID! status: String! committedPerWeek: String! actualLastWeek: String
    capacityPool: CapacityPool! resources: [AllocationResource!]!
  }
  type CapacityPool { id: ID! resourceType: String! total: String! allocated: String! }
  type AllocationResource { role: String! committedHoursPerWeek: String! talent: Talent! }
  type SlaTerms {
    id: ID! throughputTasksPerSprint: Int! responseTimeHours: String! currentCompliance: String
  }
  type SlaReportConnection { nodes: [SlaReport!]! }
  type SlaReport { id: ID! period: String! compliancePercent: String metrics: [SlaMetricResult!]! }
  type SlaMetricResult { metric: String! target: String! actual: String status: String! }
  type TicketConnection { nodes: [Ticket!]! }
  type Ticket { id: ID! title: String! priority: String! status: String! responseDueAt: String! }
`

// Where the database is, the driver reads from the environment.
const pool = new pg.Pool({ max: 10 })

// Each statement is prepared once per connection, under the name of its edge.
const rows = async (name, text, values) => (await pool.query({ name, text, values })).rows

const talent = (row) => ({ id: row.talentId })

const one = (name, key, text) => async (queries) => {
  const keys = queries.map(({ obj }) => obj[key])
  const found = new Map()
  for (const row of await rows(name, text, [[...new Set(keys)]])) found.set(row.key, row)
  return keys.map((each) => found.get(each) ?? null)
}

const grouped = (keys, found) => {
  const lists = new Map(keys.map((key) => [key, []]))
  for (const row of found) lists.get(row.key).push(row)
  return keys.map((key) => lists.get(key))
}

const many = (name, text) => async (queries) => {
  const keys = queries.map(({ obj }) => obj.id)
  return grouped(keys, await rows(name, text, [keys]))
}

// The report asks for each page once, so that a batch has one size.
const page = (name, text) => async (queries) => {
  const keys = queries.map(({ obj }) => obj.id)
  const lists = grouped(keys, await rows(name, text, [keys, queries[0].params.first]))
  return lists.map((nodes) => ({ nodes }))
}

const loaders = {
  Pod: {
    team: many('team', `
      SELECT pod_id AS key, role, talent_id AS "talentId" FROM pod_member
      WHERE pod_id = ANY($1) AND left_at IS NULL ORDER BY joined_at, position`),
    serviceLine: one('line', 'serviceLineId', `
      SELECT id AS key, id, status, execution_model AS "executionModel" FROM service_line
      WHERE id = ANY($1)`),
    sla: one('sla', 'id', `
      SELECT DISTINCT ON (pod_id) pod_id AS key, id, throughput_tasks_per_sprint AS "throughputTasksPerSprint",
             response_time_hours AS "responseTimeHours", current_compliance AS "currentCompliance"
      FROM sla_terms
      WHERE pod_id = ANY($1) AND effective_from <= to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM')
      ORDER BY pod_id, effective_from DESC`),
    slaReports: page('reports', `
      SELECT parent.id AS key, r.* FROM unnest($1::text[]) AS parent(id) CROSS JOIN LATERAL (
        SELECT id, period, compliance_percent AS "compliancePercent" FROM sla_report
        WHERE pod_id = parent.id ORDER BY period DESC LIMIT $2) r`),
    tickets: page('tickets', `
      SELECT parent.id AS key, t.* FROM unnest($1::text[]) AS parent(id) CROSS JOIN LATERAL (
        SELECT id, title, priority, status, response_due_at::text AS "responseDueAt" FROM ticket
        WHERE pod_id = parent.id ORDER BY created_at DESC, id DESC LIMIT $2) t`),
  },
  ServiceLine: {
    allocations: page('allocations', `
      SELECT parent.id AS key, a.* FROM unnest($1::text[]) AS parent(id) CROSS JOIN LATERAL (
        SELECT id, status, committed_per_week AS "committedPerWeek",
               actual_last_week AS "actualLastWeek", capacity_pool_id AS "capacityPoolId"
        FROM allocation WHERE service_line_id = parent.id ORDER BY id LIMIT $2) a`),
  },
  Allocation: {
    capacityPool: one('pool', 'capacityPoolId', `
      SELECT id AS key, id, resource_type AS "resourceType", total, allocated FROM capacity_pool
      WHERE id = ANY($1)`),
    resources: many('resources', `
      SELECT allocation_id AS key, role, committed_hours_per_week AS "committedHoursPerWeek",
             talent_id AS "talentId"
      FROM allocation_resource WHERE allocation_id = ANY($1) AND replaced_at IS NULL ORDER BY position`),
  },
  SlaReport: {
    metrics: many('metrics', `
      SELECT sla_report_id AS key, metric, target, actual, status FROM sla_metric_result
      WHERE sla_report_id = ANY($1) ORDER BY position`),
  },
}

// The report requests each record once, so a cache would only cost time.
for (const edges of Object.values(loaders)) {
  for (const [name, loader] of Object.entries(edges)) edges[name] = { loader, opts: { cache: false } }
}

const resolvers = {
  Query: {
    pods: async (_, { first }) => ({
      nodes: await rows('pods', `
        SELECT id, name, status, team_size AS "teamSize", started_at::text AS "startedAt",
               renews_at::text AS "renewsAt", cost_per_month AS amount, currency,
               service_line_id AS "serviceLineId"
        FROM pod ORDER BY id LIMIT $1`, [first]),
    }),
  },
  Pod: { costPerMonth: ({ amount, currency }) => (amount === null ? null : { amount, currency }) },
  PodMember: { talent },
  AllocationResource: { talent },
}

const app = Fastify()
app.register(mercurius, { schema, resolvers, loaders, jit: 1 })
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
