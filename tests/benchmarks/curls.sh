#!/bin/sh
# What somebody writes who has curl alone: recordings go up four at a time, then each text is waited for.
#     curls.sh RECORDINGS OUT
set -eu
key="Authorization: $ASSEMBLYAI_API_KEY"
api=$ASSEMBLYAI_BASE_URL/v2

value() { # of a key in a reply, whose first one it is
    sed "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/"
}

if [ "$1" = --one ]; then
    url=$(curl -sSf -H "$key" -H Expect: -X POST -T "$2" "$api/upload" | value upload_url)
    request="{\"audio_url\":\"$url\",\"speech_models\":[\"universal-2\"]}"
    curl -sSf -H "$key" -H 'Content-Type: application/json' -d "$request" "$api/transcript" |
        sed 's/.*"id":"\([^"]*\)".*/\1/' >"$3/$(basename "$2").id"
    exit
fi

find "$1" -type f -print0 | xargs -0 -P 4 -I '{}' "$0" --one '{}' "$2"
for file in "$2"/*.id; do
    one=$api/transcript/$(cat "$file")
    until curl -sSf -H "$key" "$one" | grep -q '"status":"completed"'; do
        sleep 0.2
    done
    curl -sSf -H "$key" "$one/paragraphs" |
        sed 's/.*"paragraphs":\[{"text":"\([^"]*\)".*/\1/' >"${file%.id}.txt"
    rm "$file"
done
