#!/bin/sh
# Makes clients of what a real server says of itself at /openapi.json, by oapi-codegen (Go)
# and openapi-typescript (npm), and has each ask that server. CLIENTS=go or ts makes one.
# Usage: client.sh WEBRUNNER
set -eu
binary=$(realpath "$1")
cd "$(dirname "$0")"
objects=$(realpath ../../examples/objects)
work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server"; rm -rf "$work"' EXIT
export TOKEN=token-of-the-test-of-clients
printf 'client %s\n' "$TOKEN" > "$work/tokens"
chmod 600 "$work/tokens"
"$binary" serve --listen 127.0.0.1:0 --timeout 1m --token-file "$work/tokens" --access-log "$work/access" > "$work/said" 2> "$work/errors" &
server=$!
while ! grep -q 'listening on' "$work/said"; do
	kill -0 "$server" || { server=; cat "$work/errors" >&2; exit 1; }
	sleep 0.1
done
url=$(sed -n 's,.*listening on \(http://[^ /]*\).*,\1,p' "$work/said")
while ! curl -sf -o "$work/monitor" "$url/m/monitor"; do sleep 0.1; done
curl -sSf -o "$work/openapi.json" "$url/openapi.json"

case ${CLIENTS:-go ts} in *go*)
	cp -r go "$work/go"
	mkdir "$work/go/api"
	${GO:-go} run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -generate types,client -package api "$work/openapi.json" > "$work/go/api/api.go"
	(cd "$work/go" && ${GO:-go} run . "$url" "$objects")
	;;
esac
case ${CLIENTS:-go ts} in *ts*)
	cp -r ts "$work/ts"
	cd "$work/ts"
	npm ci --no-audit --no-fund --silent
	npx openapi-typescript "$work/openapi.json" -o api.d.ts > "$work/made"
	npx tsc
	node made/main.js "$url" "$objects"
	;;
esac
