# webjs.sh - for tools/run: the service for real sessions, which relinkd starts.  Sourced, not run.
#
# Keys are made at the first start, into files that only their owner reads.  Chromium's sandbox does not
# work for root, so as root the service runs as nobody.  What the environment says of the service's
# settings (RELINK_WEBJS_CHROMIUM=/opt/chromium for example; its --help names them) is handed on.

webjs=$state/webjs

# Below the ports that the kernel gives to whoever asks for any: else somebody may have it a moment later.
a_free_port() {
	node -e 'const one = () => {
		const port = 20000 + Math.floor(Math.random() * 12000), s = require("net").createServer();
		s.once("error", one).listen(port, "127.0.0.1", () => { console.log(port); s.close(); });
	}; one();'
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
	# The same each time: a service that outlived a killed relinkd is found at its old port.
	service_port=$(cat "$webjs/port" 2>/dev/null)
	if [ -z "$service_port" ] || { is_taken "$service_port" && [ ! -e "$state/services/webjs-1.process" ]; }; then
		service_port=$(a_free_port)
		echo "$service_port" >"$webjs/port"
	fi
}

# A command line wins over the environment, so nothing below can be set in this way.
webjs_settings() {
	local name

	for name in $(compgen -e RELINK_WEBJS_ | grep -vE '_(API_KEY|WEBHOOK_SECRET)(_FILE)?$'); do
		printf '          %s: %s\n' "$name" "$(quoted "${!name}")"
	done
}

webjs_config() {
	local user=

	[ "$(id -u)" -ne 0 ] || user=$'\n        command_user: nobody'
	cat <<END
    instances:
      - id: webjs-1
        capacity: 20
        command:
          - node
          - $(quoted "$root/plugins/webjs/service/main.mjs")
          - --data-dir
          - $(quoted "$webjs/data")
          - --listen
          - 127.0.0.1:$service_port
          - --webhook-url
          - http://127.0.0.1:$port/webhooks/webjs
        command_environment:
          HOME: $(quoted "$webjs/data")
          RELINK_WEBJS_API_KEY_FILE: $(quoted "$webjs/api.key")
          RELINK_WEBJS_WEBHOOK_SECRET_FILE: $(quoted "$webjs/webhook.key")
$(webjs_settings)
        command_directory: $(quoted "$webjs/data")
        command_ends_with_relinkd: true$user
        config:
          url: http://127.0.0.1:$service_port
          api_key: $(cat "$webjs/api.key")
          webhook_secret: $(cat "$webjs/webhook.key")
END
}

# Once relinkd answers: the service is ready, or cannot be.
webjs_wait() {
	local tries

	for ((tries = 0; tries < 600; tries++)); do
		! grep -q 'service\.ready instance=webjs-1' "$log" || return 0
		! grep -qE 'service\.(died|held|stalled) instance=webjs-1' "$log" || break
		kill -0 "$daemon" 2>/dev/null || return 0 # which is told by who waits for it
		sleep 0.1
	done
	kill -TERM "$daemon" 2>/dev/null
	wait "$daemon"
	grep -E ' service\.' "$log" | tail -n 15 >&2
	die "the service for real sessions did not start; what it said is above, all of it in $log"
}

webjs_hints() {
	cat <<END

Relink is running, with real WhatsApp sessions: each account gets a Chromium of its own on this machine.

  dashboard $address/
            log in there with the key in the file ${state#"$root"/}/admin.key
  address   $address (the API's)
  key file  ${state#"$root"/}/admin.key
  log       ${log#"$root"/} (new lines follow below; those of the service are service.says)

Try, in another terminal in $root:

  1. Make an account and draw its QR code; scan it with WhatsApp on your phone, under "Linked devices"
     $ctl account add mine --provider webjs
     $ctl qr mine --new
  2. See it connect
     $ctl watch
  3. Send a message, to a number with its country code
     $ctl send mine --to 4915112345678 --text hello

Ctrl-C stops Relink and the sessions; the logins stay in ${webjs#"$root"/}/data, and the next tools/run opens
them again.

END
}
