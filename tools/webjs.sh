# webjs.sh - for tools/run: the service for real sessions, started beside relinkd.  Sourced, not run.
#
# Keys are made at the first start, into files that only their owner reads.  Chromium's sandbox does not
# work for root, so as root the service runs as nobody.

webjs=$state/webjs
service=

a_free_port() {
	node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'
}

# a_key FILE: made once.
a_key() {
	[ -s "$1" ] || (umask 077 && od -An -tx1 -N24 /dev/urandom | tr -d ' \n' >"$1")
}

webjs_prepare() {
	mkdir -p "$webjs/data"
	a_key "$webjs/api.key"
	a_key "$webjs/webhook.key"
	[ "$(id -u)" -ne 0 ] || chown -R nobody: "$webjs"
	[ "$port" != 0 ] || port=$(a_free_port) # the service must know it
	service_port=$(a_free_port)
}

webjs_config() {
	cat <<END
    instances:
      - id: webjs-1
        capacity: 20
        config:
          url: http://127.0.0.1:$service_port
          api_key: $(cat "$webjs/api.key")
          webhook_secret: $(cat "$webjs/webhook.key")
END
}

webjs_start() {
	local as=() out=$webjs/service.out

	[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	: >"$out"
	(
		cd "$webjs/data" || exit 1
		export HOME=$webjs/data RELINK_WEBJS_API_KEY_FILE=$webjs/api.key RELINK_WEBJS_WEBHOOK_SECRET_FILE=$webjs/webhook.key
		exec "${as[@]}" node "$root/plugins/webjs/service/main.mjs" --data-dir "$webjs/data" \
			--listen "127.0.0.1:$service_port" --webhook-url "http://127.0.0.1:$port/webhooks/webjs"
	) >"$out" 2>"$webjs/service.log" 9>&- &
	service=$!
	trap 'kill -TERM $service 2>/dev/null; wait $service 2>/dev/null' EXIT
	for ((tries = 0; tries < 300; tries++)); do
		! grep -q '^relink-webjs ready' "$out" || return 0
		kill -0 "$service" 2>/dev/null || break
		sleep 0.1
	done
	tail -n 15 "$webjs/service.log" >&2
	die "the service for real sessions did not start; its last lines are above, all of them in $webjs/service.log"
}

webjs_hints() {
	cat <<END

Relink is running, with real WhatsApp sessions: each account gets a Chromium of its own on this machine.

  address   $address
  key file  ${state#"$root"/}/admin.key
  logs      ${log#"$root"/} (new lines follow below), ${webjs#"$root"/}/service.log

Try, in another terminal in $root:

  1. Make an account and draw its QR code; scan it with WhatsApp on your phone, under "Linked devices"
     $ctl account add mine --provider webjs
     $ctl qr mine --new
  2. See it connect
     $ctl watch
  3. Send a message, to a number with its country code
     $ctl verb mine send '{"to":"4915112345678","text":"hello"}'

Ctrl-C stops Relink and the sessions; the logins stay in ${webjs#"$root"/}/data, and the next tools/run opens
them again.

END
}
