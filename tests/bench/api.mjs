// The HTTP API: one account by its id, with a key checked each time, against nginx returning the same bytes;
// and what an idle subscriber of the event stream costs.
//
// Needs nginx and wrk (Debian: nginx-light, wrk).  Each server has one core's worth of one thread; wrk has the
// other.
import { spawn, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { until } from '../e2e/lib/daemon.mjs'

const bin = process.env.RELINK_BIN
const rounds = 5
const subscribers = 10000
const dir = mkdtempSync(join(process.cwd(), 'bench-api-'))
const median = v => v.sort((a, b) => a - b)[Math.floor(v.length / 2)]
const say = line => console.log(JSON.stringify(line))

async function freePort() {
	const server = net.createServer().listen(0, '127.0.0.1')
	await once(server, 'listening')
	const { port } = server.address()
	server.close()
	return port
}

async function startRelink(port) {
	writeFileSync(join(dir, 'relink.yaml'), `state_dir: ${dir}/state
http: {listen: "127.0.0.1:${port}", connections: 10000, idle_timeout: 1h}
providers:
  mock:
    config: {dir: ${dir}}
`)
	const child = spawn(join(bin, 'relinkd'), ['--config', join(dir, 'relink.yaml')], { stdio: 'ignore' })
	await until(() => fetch(`http://127.0.0.1:${port}/readyz`).then(r => r.ok, () => false))
	return { child, key: readFileSync(join(dir, 'state/admin.key'), 'utf8').trim() }
}

function startNginx(port, body) {
	writeFileSync(join(dir, 'nginx.conf'), `worker_processes 1; daemon off; pid ${dir}/nginx.pid; error_log ${dir}/nginx.log;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000; client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p;
 fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
 server { listen 127.0.0.1:${port}; default_type application/json;
  location / { add_header Cache-Control no-store; return 200 '${body.replaceAll("'", "\\'")}'; } } }
`)
	return spawn('nginx', ['-c', join(dir, 'nginx.conf')], { stdio: 'ignore' })
}

function wrk(url, key) {
	const out = execFileSync('wrk', ['-t1', '-c32', '-d3s', '-H', `Authorization: Bearer ${key}`, url], { encoding: 'utf8' })
	if (/Non-2xx/.test(out)) throw new Error(out)
	return Number(/Requests\/sec:\s+([\d.]+)/.exec(out)[1])
}

const rssOf = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024

function subscribe(port, key) {
	return new Promise((resolve, reject) => {
		const socket = net.connect(port, '127.0.0.1')
		socket.once('connect', () => socket.write(
			`GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\n\r\n`))
		socket.once('data', () => resolve(socket))
		socket.once('error', reject)
	})
}

let relink, nginx
try {
	const [port, other] = [await freePort(), await freePort()]
	relink = await startRelink(port)
	const auth = { Authorization: `Bearer ${relink.key}`, 'Content-Type': 'application/json' }
	const url = `http://127.0.0.1:${port}/v1/accounts`
	await fetch(url, { method: 'POST', headers: auth, body: '{"id":"bench","provider":"mock","label":"Support line Jakarta"}' })
	const body = await (await fetch(`${url}/bench`, { headers: auth })).text()
	nginx = startNginx(other, body)
	await until(() => fetch(`http://127.0.0.1:${other}/`).then(r => r.ok, () => false))

	const limit = [], ours = [], ratio = []
	for (let i = 0; i < rounds; i++) {
		limit.push(wrk(`http://127.0.0.1:${other}/`, relink.key))
		ours.push(wrk(`${url}/bench`, relink.key))
		ratio.push(ours[i] / limit[i])
	}
	say({ name: 'one account by its id, with its key', unit: '1/s', limit: median(limit), ours: median(ours),
		ratio: median(ratio), goal: '>= 0.8' })

	const before = rssOf(relink.child.pid)
	const open = []
	while (open.length < subscribers - 100)
		open.push(...await Promise.all(Array.from({ length: 100 }, () => subscribe(port, relink.key))))
	const each = (rssOf(relink.child.pid) - before) / open.length
	say({ name: `an idle event subscriber, of ${open.length}`, unit: 'B', limit: 1024, ours: each, ratio: each / 1024, goal: '<= 1' })
	for (const socket of open) socket.destroy()
} finally {
	relink?.child.kill('SIGTERM')
	nginx?.kill('SIGTERM')
	await Promise.all([relink && once(relink.child, 'exit'), nginx && once(nginx, 'exit')].filter(Boolean))
	rmSync(dir, { recursive: true, force: true })
}
