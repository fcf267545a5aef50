// PostGraphile over our tables as they are.
import { createServer } from 'node:http'
import simplify from '@graphile/simplify-inflection'
import pg from 'pg'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

const preset = {
  extends: [PostGraphileAmberPreset, simplify.PgSimplifyInflectionPreset ?? simplify],
  // It would hide edges and filters whose columns are not the first ones of an index.
  disablePlugins: ['PgIndexBehaviorsPlugin'],
  // Where the database is, the driver reads from the environment.
  pgServices: [makePgService({ pool: new pg.Pool({ max: 10 }), schemas: ['public'] })],
  grafserv: { graphiql: false, watch: false },
  grafast: { explain: false },
}

const server = createServer()
await postgraphile(preset).createServ(grafserv).addTo(server)
server.listen(Number(process.env.PORT), '127.0.0.1')
