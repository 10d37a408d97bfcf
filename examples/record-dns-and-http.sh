#!/bin/bash
# Records examples/dns-and-http.pcap. Needs root, iproute2, tcpdump, unbound, nginx, dig, curl. Nothing leaves the two namespaces.
# usage: record-dns-and-http.sh OUTPUT.pcap
set -euo pipefail
output=$(realpath "$1")
work=$(mktemp -d)
server=reuseport-srv client=reuseport-cli
pids=()
cleanup() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    ip netns del $server 2>/dev/null || true
    ip netns del $client 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

# Two hosts and a wire. The client is every address of its prefixes at once.
ip netns add $server
ip netns add $client
ip link add eth0 netns $server address 02:00:00:00:00:01 type veth peer name eth0 netns $client address 02:00:00:00:00:02
for host in $server $client; do
    ip -n $host link set lo up
    ip netns exec $host sysctl -qw net.ipv6.conf.eth0.accept_dad=0
    ip -n $host link set eth0 up
done
for address in 192.0.2.53/24 192.0.2.80/24 2001:db8::53/64 2001:db8::80/64; do ip -n $server addr add $address dev eth0 $([[ $address == *:* ]] && echo nodad); done
ip -n $client addr add 192.0.2.1/24 dev eth0
ip -n $client addr add 2001:db8::1/64 dev eth0 nodad
for prefix in 10.20.0.0/16 198.51.100.0/24 203.0.113.0/24; do
    ip -n $client route add local $prefix dev lo
    ip -n $server route add $prefix via 192.0.2.1
done
ip netns exec $client sysctl -qw net.ipv6.ip_nonlocal_bind=1
ip -n $client -6 route add local 2001:db8:100::/40 dev lo
ip -n $server -6 route add 2001:db8:100::/40 via 2001:db8::1

cat > "$work/unbound.conf" <<CONF
server:
    interface: 192.0.2.53
    interface: 2001:db8::53
    access-control: 0.0.0.0/0 allow
    access-control: ::/0 allow
    do-daemonize: no
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    local-zone: "example." static
$(for i in $(seq 40); do echo "    local-data: \"host$i.example. A 192.0.2.$((100 + i))\""; done)
CONF
cat > "$work/nginx.conf" <<CONF
daemon off;
pid $work/nginx.pid;
error_log $work/error.log;
worker_processes 1;
events { }
http {
    access_log off;
    server {
        listen 192.0.2.80:80;
        listen [2001:db8::80]:80;
        location / { return 200 "hello\n"; }
    }
}
CONF
ip netns exec $server unbound -c "$work/unbound.conf" 2>/dev/null & pids+=($!)
ip netns exec $server nginx -c "$work/nginx.conf" & pids+=($!)
sleep 1

# Only what the server receives: that is what a steering program sees.
ip netns exec $server tcpdump -i eth0 -Q in -w "$output" --immediate-mode 'udp port 53 or tcp port 80' 2>/dev/null & tcpdump=$!; pids+=($tcpdump)
sleep 1

RANDOM=20260
v4() { case $((RANDOM % 5)) in 0) echo 198.51.100.$((RANDOM % 254 + 1));; 1) echo 203.0.113.$((RANDOM % 254 + 1));; *) echo 10.20.$((RANDOM % 12)).$((RANDOM % 254 + 1));; esac; }
v6() { printf '2001:db8:1%02x:%x::%x\n' $((RANDOM % 256)) $((RANDOM % 16)) $((RANDOM % 65535 + 1)); }
query() { ip netns exec $client dig +short +tries=1 +time=2 "@$1" -b "$2" "host$((RANDOM % 40 + 1)).example" "${3:-A}" > /dev/null; }
fetch() { ip netns exec $client curl -s -o /dev/null -o /dev/null --interface "$1" "${@:2}"; }
for round in $(seq 50); do
    resolver=$(v4)     # a busy resolver asks from several ports
    for _ in 1 2 3; do query 192.0.2.53 "$resolver"; done
    for _ in 1 2; do query 192.0.2.53 "$(v4)" AAAA; done
    for _ in 1 2 3; do query 2001:db8::53 "$(v6)"; done
    fetch "$(v4)" http://192.0.2.80/
    fetch "$(v4)" "http://192.0.2.80/a$round" "http://192.0.2.80/b$round"
    fetch "$(v6)" "http://[2001:db8::80]/"
done
sleep 1
kill -INT $tcpdump
wait $tcpdump || true
