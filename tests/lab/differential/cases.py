# SPDX-License-Identifier: EUPL-1.2
"""The corpus of the differential test: configurations as people write them, right and wrong.

A case is a dict: id, and of file (text), file_hex (bytes), arguments, environment, files (path -> {text, mode}) what it needs.
Sections are made from the key tables, the rest by hand.
"""
import json
import pathlib

DATA = pathlib.Path(__file__).resolve().parents[3] / "src/config/data"
SECRET = "q7Zr2mW9xKc4Tn8Vb1Lp6Hs3Fd5Gj0YeAoUi"
KEYS = f"keys:\n  controller: {SECRET}\n"
HOST = "10.88.1.2"

# Values that change more than their own key.
RIGHT = {"bind_addresses": f"[{HOST}]", "rtc.ips.includes": "[10.0.0.0/8]", "rtc.ips.excludes": "[172.17.0.0/16]",
         "rtc.node_ip": HOST, "rtc.udp_port": "7882", "rtc.force_tcp": "false", "rtc.use_external_ip": "false",
         "node_selector.kind": "any", "webhook.api_key": "controller", "webhook.urls": "[http://127.0.0.1:1/]",
         "logging.level": "info", "log_level": "info", "development": "false", "turn.enabled": "true",
         "turn.domain": "turn.example.org", "turn.tls_port": "5349", "turn.external_tls": "true", "turn.udp_port": "3478",
         "turn.bind_addresses": "[0.0.0.0]", "redis.address": '""', "redis.sentinel_addresses": "[]", "redis.cluster_addresses": "[]",
         "port": "7890", "rtc.tcp_port": "7891", "prometheus_port": "6789", "prometheus.port": "6790", "debug_handler.port": "7070",
         "rtc.port_range_start": "20000", "rtc.port_range_end": "25000", "key_file": '""', "trace.jaeger_url": '""',
         "room.room_configurations": "{}", "rtc.interfaces.includes": "[eth0]", "rtc.interfaces.excludes": "[docker0]",
         "rtc.batch_io.batch_size": "0", "turn.cert_file": '""', "turn.key_file": '""', "logging.component_levels": "{pion: info}"}
BY_TYPE = {"bool": "true", "string": "text", "duration": "5s", "float32": "0.5", "float64": "0.5", "[]string": "[a, b]",
           "[]duration": "[10s]", "map[string]string": "{a: b}", "map[int32]duration": "{1: 5s}"}
WRONG = {"bool": '"true"', "string": "[a]", "duration": "5", "float32": '"0.5"', "float64": "90%", "[]string": "one",
         "[]duration": "10s", "map[string]string": "text", "map[int32]duration": "[1]", "struct": "text", "[]struct": "text"}


def tables():
    rows = {}
    for path in sorted(DATA.glob("livekit-keys-*.jsonl"), key=lambda p: tuple(map(int, p.stem.split("-")[-1].split(".")))):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            rows[row["path"]] = row
    return rows


def children(rows, parent):
    prefix = parent + "." if parent else ""
    for path, row in sorted(rows.items()):
        rest = path[len(prefix):]
        if path.startswith(prefix) and rest and not set(".[{") & set(rest):
            yield rest, row


def block(rows, parent, indent, value_of, out):
    """Writes every key below `parent`; value_of gives the text of a leaf, None leaves it out."""
    pad = " " * indent
    for name, row in children(rows, parent):
        path = row["path"]
        if row["type"] in ("struct", "*struct") and not row.get("custom") and path != "rtc.node_ip":
            before = len(out)
            out.append(f"{pad}{name}:")
            block(rows, path, indent + 2, value_of, out)
            if len(out) == before + 1:
                out.pop()
        else:
            value = value_of(row)
            if value is not None:
                out.append(f"{pad}{name}: {value}".rstrip())


def right(row):
    kind = row["type"].lstrip("*")
    if row["path"] in RIGHT:
        return RIGHT[row["path"]]
    return BY_TYPE.get(kind, "100" if "int" in kind and not kind.startswith(("map", "[")) else None)


def wrong(row):
    if row.get("custom") or row["path"] in ("rtc.node_ip", "rtc.udp_port", "room.room_configurations"):
        return None
    kind = row["type"].lstrip("*")
    return WRONG.get(kind, '"100"' if "int" in kind and not kind.startswith(("map", "[")) else None)


def sections():
    rows = tables()
    kinds = {"right": right, "wrong": wrong, "null": lambda row: "" if row["path"] not in ("turn.enabled",) else None,
             "list": lambda row: None if row.get("custom") or row["path"] in ("rtc.node_ip", "room.room_configurations") else "[[1]]",
             "map": lambda row: None if row.get("custom") or row["path"] in ("rtc.node_ip", "room.room_configurations") else "{zz: 1}"}
    for name, row in children(rows, ""):
        if name in ("keys", "key_file"):
            continue
        for kind, value_of in kinds.items():
            out = []
            if row["type"] == "struct":
                out.append(f"{name}:")
                block(rows, name, 2, value_of, out)
                if len(out) == 1:
                    continue
            elif value_of(row) is None:
                continue
            else:
                out.append(f"{name}: {value_of(row)}".rstrip())
            yield {"id": f"section {name} {kind}", "file": "\n".join(out) + "\n" + KEYS}
        if row["type"] == "struct":
            yield {"id": f"section {name} unknown", "file": f"{name}:\n  zz_unknown: 1\n" + KEYS}


SPELLINGS = ["true", "True", "TRUE", "tRuE", "yes", "Y", "on", "Off", "n", '"yes"', '"true"', "1", "0", "-1", "7880", '"7880"', "+7880",
             "7_880", "0x1EC8", "0b101", "0o17310", "017310", "08080", "7880.0", "7880.5", "788e1", "20.000", "20,000", "22:22",
             "4294967295", "4294967296", "65536", "256", "1e400", ".5", ".inf", "-.inf", ".nan", "500ms", "5s", "1m30s", "0s", "5",
             "1d", "5 s", "5S", "-5s", "+5s", "0.5s", "5µs", '"5s"', "'0'", "~", "null", '""', "''", "2026-01-31", "2026-13-31", "!!str 5",
             "!!int 5", '!!bool "true"', "!!bool yes", "!!float 5", "!!binary YWJj", "!custom 5", "&a 5", "|\n    5", ">-\n    5", "[5]",
             "{a: 5}", "9223372036854775808", "18446744073709551616", "-0x10", "0x", "1__0", "90%", "<<", "?x", "5 # c", "5#c"]
TARGETS = ["rtc.use_mdns", "room.empty_timeout", "rtc.packet_buffer_size", "audio.active_level", "turn.relay_range_start",
           "rtc.pli_throttle.low_quality", "node_selector.cpu_load_limit", "region", "rtc.stun_servers", "node_selector.regions",
           "logging.component_levels", "rtc.allow_tcp_fallback", "limit.num_tracks", "limit.bytes_per_sec"]


def scalars():
    for spelling in SPELLINGS:
        out, tree = [], {}
        for target in TARGETS:
            node = tree
            for step in target.split(".")[:-1]:
                node = node.setdefault(step, {})
            node[target.split(".")[-1]] = spelling.replace("&a", "&" + target.split(".")[-1])

        def write(node, indent):
            for key, value in node.items():
                if isinstance(value, dict):
                    out.append(" " * indent + key + ":")
                    write(value, indent + 2)
                else:
                    out.append(" " * indent + f"{key}: {value}")
        write(tree, 0)
        yield {"id": f"scalar {spelling!r}", "file": "\n".join(out) + "\n" + KEYS}


SYNTAX = ["", "{}", "null", "~", "---", "--- \n", "# only\n", "\n\n", "   ", "port:7880\n", "port 7880\n", "rtc:\n\ttcp_port: 1\n", "rtc: [1\n",
          "rtc: {tcp_port: 7881\n", "rtc: {tcp_port: 7881}}\n", "port: 'x\n", 'port: "x\n', "port: *none\n", "port: @x\n", "port: %x\n",
          "port: `x\n", "a: b: c\n", "rtc:\n  tcp_port: 1\n udp_port: 2\n", "rtc:\n  tcp_port: 1\n   udp_port: 2\n", "- a\n- b\n", "text\n",
          "port: 7880\n---\nport: x\n", "port: 7880\n...\nrest [\n", "---\n---\nport: 1\n", "%YAML 1.1\n---\nport: 7880\n",
          "%YAML 1.2\n---\nport: 7880\n", "%YAML 2.0\n---\nport: 7880\n", "%FOO bar\n---\nport: 7880\n", "x-a: &a {tcp_port: 1}\nrtc: *a\n",
          "rtc: &r {tcp_port: 7891}\n", "rtc:\n  <<: {tcp_port: 7891}\n", "rtc:\n  <<: {tcp_port: 7891, nope: 1}\n  tcp_port: 7892\n",
          "rtc:\n  <<: [{tcp_port: 7891}, {tcp_port: 7892}]\n", "rtc:\n  <<: 5\n", "<<: {port: 7890}\n", "? port\n: 7890\n", "!!map {port: 7890}\n",
          "port: 1\nport: 1\n", 'port: 1\n"port": 2\n', "rtc: {tcp_port: 1, tcp_port: 2}\n", "rtc: {}\nrtc: {}\n", "Port: 7880\n", "PORT: 1\n",
          "rtc:\n  tcp-port: 1\n", "~: 1\n", "null: 1\n", "[a]: 1\n", "{a: 1}: 2\n", "5: 1\n", "true: 1\n", "x-extra: 1\n", "port: 7890\t# c\n",
          "port:\t7890\n", "\tport: 7890\n", "port: 7890\n\t\nregion: a\n", "rtc:\n- 1\n", "bind_addresses:\n- 10.88.1.2\n", " port: 7890\n",
          "{\n\t\"port\": 7890,\n}\n", "{port: 7890,}\n", "{port:7890}\n", "port: 7890 # \u00e4\n", "region: \u00e4\u00f6\n", "region: \u201cx\u201d\n",
          "rtc: &x [*x]\n", "region: &x *x\n", "port: |\n", "region: a\n  b\n", "region: >\n  a\n b\n", "region: 'it''s'\n", 'region: "\\x41"\n',
          'region: "\\q"\n', "region: a: b\n", "region: -\n", "- \n", "a\nb: c\n", ": x\n", "? \n", "!\n", "region: !!null x\n", "port: !!foo 1\n"]
BYTES = {"bom": b"\xef\xbb\xbfport: 7890\n", "crlf": b"port: 7890\r\nregion: a\r\n", "cr": b"port: 7890\rregion: a\r", "nel": b"port: 7890\xc2\x85region: a\n",
         "ls": b"port: 7890\xe2\x80\xa8region: a\n", "utf16le": "\ufeffport: 7890\nnope: 1\n".encode("utf-16-le"),
         "utf16be": "\ufeffport: 7890\n".encode("utf-16-be"), "utf16 no bom": "port: 7890\n".encode("utf-16-le"), "latin1": b"region: \xe4\n",
         "latin1 comment": b"port: 7890 # \xe4\n", "nul": b"port: 7890\n\0", "control": b"region: a\x01b\n", "del": b"region: a\x7fb\n",
         "overlong": b"region: \xc0\xaf\n", "surrogate": b"region: \xed\xa0\x80\n", "deep": b"region: " + b"[" * 90 + b"]" * 90 + b"\n"}


def syntax():
    for text in SYNTAX:
        # Keys first, where that leaves the text what it is; else through the environment.
        yield {"id": f"syntax {text!r}", "file": text, "environment": {"LIVEKIT_KEYS": f"controller: {SECRET}"}}
    for name, data in BYTES.items():
        yield {"id": f"bytes {name}", "file_hex": data.hex(), "environment": {"LIVEKIT_KEYS": f"controller: {SECRET}"}}


def group(name, texts, keys=KEYS):
    for text in texts:
        yield {"id": f"{name} {text!r}", "file": text + "\n" + keys}


PORTS = ["port: 0", "port: 65535", "port: 65536", "port: 70000", "port: 80", "rtc: {tcp_port: 0}", "rtc: {tcp_port: 65536}", "rtc: {tcp_port: 7880}",
         "port: 7881", "prometheus_port: 7880", "prometheus: {port: 7881}", "prometheus: {port: 70000}", "prometheus_port: 6789\nprometheus: {port: 7000}",
         "prometheus: {port: 6789, username: u}"]
RANGES = ["20000 25000", "25000 20000", "20000 20000", "20000 ~", "~ 25000", "0 0", "~ ~", "0 25000", "20000 0", "70000 80000", "60000 70000",
          "80000 70000", "65535 65536", "65536 65537", "1 65535", "100 99"]
UDP = ["7882", '"7882"', "7882-7892", "7882 - 7892", "+7882", "07882", "0", '""', "~", "[7882]", "{start: 7882, end: 7892}", "0x1ECA", "7_882", "7882.0",
       "7882,7892", "a:b", "7882/udp", '" 7882"', "7882-7882", "7892-7882", "65530-65540", "70000", "65535", "-7882", "7882-", "1-2-3", "true", "99999999999", "7880", "3478"]
NODE_IPS = ["10.88.1.2", "203.0.113.7", "livekit.example.org", "${NODE_IP}", "203.0.113.7/24", "203.0.113.7:7880", "010.0.0.1", "1.2.3", "2001:db8::1",
            "203.0.113.7,2001:db8::1", "2001:db8::1,203.0.113.7", "1.2.3.4,5.6.7.8", "1.2.3.4, 2001:db8::1", "1.2.3.4,", "1.2.3.4,5.6.7.8,9.9.9.9", "::ffff:1.2.3.4",
            "fe80::1%eth0", "[::1]", "0.0.0.0", "::", "127.0.0.1", "224.0.0.1", "255.255.255.255", '""', "~", "[1.2.3.4]", "{ipv4: 1.2.3.4}", "5", '" 1.2.3.4 "', "::1,fe80::1"]
BINDS = ["[]", "[~]", "~", '[""]', "[127.0.0.1]", "[10.88.1.2]", "[10.88.1.2, 127.0.0.1]", '["0.0.0.0", "::"]', "[127.0.0.1, 127.0.0.1]", '["::"]', '["::1"]', "[10.88.1.0/24]",
         "[10.88.1.2:7880]", '["10.88.1.2,127.0.0.1"]', "[eth0]", '["*"]', "[5]", "127.0.0.1", '["[::1]"]', "[0.0.0.0, 10.88.1.2]", '["::", 10.88.1.2]']
RTC = ["force_tcp: true", "force_tcp: true\n  tcp_port: 0", "tcp_port: 0", "use_stun_port_as_ice: true\n  udp_port: 7882", "use_stun_port_as_ice: true",
       "port_range_start: 20000\n  port_range_end: 25000\n  udp_port: 7882", "port_range_start: 20000\n  udp_port: 7882", "port_range_end: 25000\n  udp_port: 7882",
       "ips: {includes: [10.88.1.2]}", "ips: {excludes: [10.0.0.0/33]}", "ips: {includes: [2001:db8::/32]}", "ips: {includes: [x]}", "interfaces: {includes: [nope]}",
       "interfaces: {includes: [nope]}\n  udp_port: 7882", "use_external_ip: yes\n  stun_servers: [127.0.0.1:1]", "use_external_ip: true\n  stun_servers: [stun:127.0.0.1:1]",
       "use_external_ip: true\n  stun_servers: [127.0.0.1]", "stun_servers: [stun:x:1, y]", "turn_servers: [{}]", "turn_servers: [{host: a, port: 1, protocol: x}]",
       "turn_servers: [{password: a}]", "turn_servers: [{urls: [a]}]", "turn_servers: [{hostname: a}]", "turn_servers: {host: a}", "turn_servers: [a]",
       "port_range_start: 20000\n  port_range_end: 20000\n  use_external_ip: true\n  stun_servers: [127.0.0.1:1]"]
TURN = ["", "udp_port: 3478", "udp_port: -1", "tls_port: -1\n  udp_port: 0", "tls_port: 5349", "tls_port: 5349\n  external_tls: true", "udp_port: 7880", "udp_port: 70000",
        "udp_port: 3478\n  relay_range_start: 40000\n  relay_range_end: 30000", "udp_port: 3478\n  relay_range_start: 30000", "udp_port: 3478\n  relay_range_start: 65536",
        "udp_port: 3478\n  bind_addresses: []", "udp_port: 3478\n  bind_addresses: ~", 'udp_port: 3478\n  bind_addresses: ["::"]', 'udp_port: 3478\n  bind_addresses: ["0.0.0.0", "::"]',
        "udp_port: 3478\n  bind_addresses: [10.88.1.2]", "udp_port: 3478\n  bind_addresses: [10.88.1.2, 127.0.0.1]", "udp_port: 3478\n  ttl_seconds: -1",
        "udp_port: 3478\n  deny_peer_cidrs: [junk]", "udp_port: 3478\n  secret: x", "udp_port: 3478\n  static_auth_secret: x", "port: 3478"]
DOMAINS = ["turn.example.org", "turn.example.org.", "turn", "*.example.org", "turn_a.example.org", "-x.example.org", "10.88.1.2", "https://turn.example.org", "turn.example.org:443",
           '"turn example.org"', '"t\u00fcrn.example.org"', "TURN.Example.ORG", "a..b", "x" * 64 + ".org"]
OTHERS = ["node_selector: {kind: nope}", "node_selector: {kind: regionaware}", "node_selector: {kind: regionaware}\nregion: a", "node_selector: {kind: random}",
          "node_selector: {kind: regionaware, regions: [{name: b, lat: 1, lon: 2}]}\nregion: a", "node_selector: {kind: regionaware, regions: [{name: a, lat: 1, lon: 2}]}\nregion: a",
          'node_selector: {kind: ""}', "node_selector: {sort_by: nope}", "node_stats: {stats_update_interval: 0s}", "node_stats: {stats_update_interval: -5s}",
          "webhook: {urls: [http://127.0.0.1:1/]}", "webhook: {urls: [junk], api_key: controller}", "webhook: {urls: [junk], api_key: other}", "webhook: {api_key: other}",
          "webhook: {urls: http://x}", "logging: {level: nonsense}", "logging: {pion_level: nonsense}", "room: {enabled_codecs: [{mime: audio/none}]}",
          "room: {create_room_enabled: true}", "room: {enabled_codecs: [audio/opus]}", "environment: dev", "egress: {}", "redis: {}", "redis: {address: ''}", "redis: ~", "redis: localhost",
          "development: true", "log_level: debug", "limit: {num_tracks: -1}", "audio: {active_level: 256}", "metric: {}", "sip: {x: 1}", "sip: {}", "api: {execution_timeout: 1s}",
          "enable_data_tracks: true", "agents: {target_load: 0.5}", "debug_handler: {port: 7880}", "debug_handler_port: 1", "rtc: {additional_host_ips: []}", "rtc: {enable_warp: true}"]
KEY_BLOCKS = ["keys:", "keys: {}", "keys: ~", "keys: text", "keys: []", f"keys: {{controller: {SECRET}}}", f"keys: {{controller:{SECRET}}}", "keys: {a: 12345678901234567890123456789012345}",
              "keys: {a: 00012345}", "keys: {a: true}", "keys: {a: 1e10}", "keys: {a: ~}", "keys: {a: ''}", "keys: {a: [x]}", "keys: {a: {b: c}}", "keys: {~: x}", "keys: {~: x, b: c}",
              "keys: {1.50: x}", "keys: {yes: x}", "keys: {a: !!binary YWJj}", "keys: {a: !!binary '%%'}", "keys: {a: #x\n}", "keys:\n  a: #x", "keys:\n  a: !x", "keys:\n  a: &x", "keys:\n  a: @x",
              "keys:\n  a: |\n    x", "keys:\n- a: b", "keys:\na: b", "keys: a: b", "keys:\n  a: b\n  a: c", "key: {a: b}", "keys: {api_key: x, api_secret: y}", "keys: {a: b c d}",
              "keys: {devkey: secret}", "keys: {controller_key: -secret-}", "keys:\n  a : b", "keys:\n  a: \"b", "keys: {a: 2026-01-31}"]
ENV_KEYS = ["", " ", "controller: ", f"controller: {SECRET}", f"controller:{SECRET}", f"controller={SECRET}", f'"controller: {SECRET}"', f'{{"controller": "{SECRET}"}}',
            "controller: 12345678901234567890", "controller: true", "a: b\na: c", "a: b, c: d", "a: b\\nc: d", "a: 5\nb: text", "- a", "a: [x]", "a: 2026-01-31", "~", "{}", "a: b\nc: d"]
KEY_FILES = [(f"controller: {SECRET}\n", 0o600), (f"controller: {SECRET}\n", 0o660), (f"controller: {SECRET}\n", 0o604), (f"controller: {SECRET}\n", 0o644), ("", 0o600), ("# x\n", 0o600), ("{}", 0o600),
             (f"keys:\n  controller: {SECRET}\n", 0o600), ("a: 12345\n", 0o600), ("controller:x\n", 0o600), ("a: [x]\n", 0o600), ("a: b\na: c\n", 0o600), ("\ta: b\n", 0o600), ("~\n", 0o600), ("- a\n", 0o600), ("a: b: c\n", 0o600)]
ARGUMENTS = [["--node-ip", HOST], ["--node-ip=203.0.113.7"], ["-node-ip", "203.0.113.7"], ["--node_ip", HOST], [f"--node-ip {HOST}"], ["--node-ip"], ["--node-ip", "livekit"], ["--node-ip", ""],
             ["--node-ip", "2001:db8::1"], ["--udp-port", "7900"], ["--udp-port", "junk"], ["--udp-port", "7900-7910"], ["--bind", "127.0.0.1"], ["--bind", f"127.0.0.1,{HOST}"],
             ["--bind", "127.0.0.1", "--bind", HOST], ["--port", "7990"], ["-port", "7990"], ["--port", "x"], ["--port=0x1F37"], ["--rtc.tcp_port", "0"], ["--rtc.use_ice_lite"],
             ["--rtc.use_ice_lite=false"], ["--rtc.use_ice_lite=maybe"], ["--rtc.nope", "1"], ["start"], ["--port", "7990", "true"], ["start", "--port", "7990"], ["--dev"], ["--dev", "--bind", "0.0.0.0"],
             ["--keys", f"a: {SECRET}"], ["--keys", "a:b"], ["--region", "x"], ["--disable-strict-config"], ["--turn.enabled"], ["--turn.enabled", "--turn.udp_port", "3478"], ["--logging.json"],
             ["--", "--port", "7990"], ["--key-file", "missing.yaml"], ["--node_selector.cpu_load_limit", "0.5"], ["--node_selector.cpu_load_limit", "x"], ["--audio.active_level", "300"], ["--limit.num_tracks", "-1"], ["-"]]
ENVIRONMENTS = [{"LIVEKIT_PORT": "7990"}, {"LIVEKIT_PORT": ""}, {"LIVEKIT_PORT": "tcp://10.96.0.7:7880"}, {"LIVEKIT_PORT": " 7990"}, {"LIVEKIT_PORT": "0x1F37"}, {"LIVEKIT_RTC_TCP_PORT": ""},
                {"LIVEKIT_RTC_TCP_PORT": "7991"}, {"LIVEKIT_RTC_PORT_RANGE_START": "20000", "LIVEKIT_RTC_PORT_RANGE_END": "39999"}, {"LIVEKIT_RTC_PORT_RANGE_START": ""},
                {"LIVEKIT_RTC_PORT_RANGE_END": ""}, {"LIVEKIT_TURN_ENABLED": "true"}, {"LIVEKIT_TURN_ENABLED": "yes"}, {"LIVEKIT_TURN_ENABLED": ""}, {"LIVEKIT_TURN_UDP_PORT": ""},
                {"LIVEKIT_RTC_USE_EXTERNAL_IP": ""}, {"LIVEKIT_RTC_NODE_IP": "203.0.113.9"}, {"LIVEKIT_RTC_NODE_IP_IPV4": "203.0.113.9"}, {"NODE_IP": "203.0.113.9"}, {"NODE_IP": ""}, {"NODE_IP": "livekit"},
                {"UDP_PORT": "7900"}, {"UDP_PORT": ""}, {"UDP_PORT": "junk"}, {"LIVEKIT_RTC_UDP_PORT": "7900"}, {"LIVEKIT_RTC_UDP_PORT_START": "7900"}, {"LIVEKIT_CONFIG": ""}, {"LIVEKIT_CONFIG": " "},
                {"LIVEKIT_CONFIG": "port: 7995\n" + KEYS}, {"LIVEKIT_CONFIG": "/livekit.yaml"}, {"LIVEKIT_HTTP_PORT": "1"}, {"LIVEKIT_DEVELOPMENT": ""}, {"LIVEKIT_DEVELOPMENT": "1"},
                {"LIVEKIT_PROMETHEUS_PORT": ""}, {"LIVEKIT_PROMETHEUS_PORT": "6999"}, {"LIVEKIT_KEY_FILE": ""}, {"LIVEKIT_KEY_FILE": "missing.yaml"}, {"REDIS_HOST": ""}, {"LIVEKIT_REGION": "r"},
                {"LIVEKIT_RTC_PLI_THROTTLE_LOW_QUALITY": "5s"}, {"LIVEKIT_RTC_PLI_THROTTLE_LOW_QUALITY": "5000000"}, {"LIVEKIT_DISABLE_STRICT_CONFIG": "1"}, {"LIVEKIT_BIND_ADDRESSES": "127.0.0.1"},
                {"LIVEKIT_RTC_ALLOW_TCP_FALLBACK": "false"}, {"LIVEKIT_NODE_SELECTOR_KIND": "nope"}, {"LIVEKIT_NODE_SELECTOR_CPU_LOAD_LIMIT": ""}]


def places():
    yield from group("ports", PORTS)
    for pair in RANGES:
        start, end = pair.split()
        yield {"id": f"range {pair}", "file": f"rtc:\n  port_range_start: {start}\n  port_range_end: {end}\n" + KEYS}
    yield from group("udp_port", [f"rtc:\n  udp_port: {value}" for value in UDP])
    yield from group("node_ip", [f"rtc:\n  node_ip: {value}" for value in NODE_IPS])
    yield from group("bind", [f"bind_addresses: {value}" for value in BINDS])
    yield from group("rtc", [f"rtc:\n  {value}" for value in RTC])
    yield from group("turn", [f"turn:\n  enabled: true\n  {value}" for value in TURN])
    yield from group("turn.domain", [f"turn:\n  enabled: true\n  tls_port: 5349\n  external_tls: true\n  domain: {value}" for value in DOMAINS])
    yield from group("other", OTHERS)
    for extra in ["rtc: {udp_port: 3478}\nturn: {enabled: true, udp_port: 3478}", "turn: {enabled: true, tls_port: 7881, external_tls: true, domain: a.b}",
                  "turn: {enabled: true, tls_port: 7880, external_tls: true, domain: a.b}", "rtc: {node_ip: '2001:db8::1'}\nturn: {enabled: true, udp_port: 3478}",
                  "turn: {enabled: true, tls_port: 5349, domain: a.b, cert_file: nope.pem}"]:
        yield {"id": f"together {extra!r}", "file": extra + "\n" + KEYS}


def keys():
    yield from group("keys", KEY_BLOCKS, "")
    for text in ENV_KEYS:
        yield {"id": f"LIVEKIT_KEYS {text!r}", "file": KEYS, "environment": {"LIVEKIT_KEYS": text}}
    for text, mode in KEY_FILES:
        yield {"id": f"key_file {mode:o} {text!r}", "file": "key_file: keys.yaml\n" + KEYS, "files": {"keys.yaml": {"text": text, "mode": mode}}}
    yield {"id": "key_file missing", "file": "key_file: nowhere.yaml\n" + KEYS}
    yield {"id": "key_file variable", "file": "key_file: $WHERE/keys.yaml\n", "environment": {"WHERE": "."}, "files": {"./keys.yaml": {"text": f"a: {SECRET}\n", "mode": 0o600}}}
    yield {"id": "key_file over LIVEKIT_KEYS", "file": "key_file: keys.yaml\n", "environment": {"LIVEKIT_KEYS": f"b: {SECRET}"}, "files": {"keys.yaml": {"text": "{}", "mode": 0o600}}}


def arguments():
    base = "rtc:\n  udp_port: 7882-7892\n  node_ip: 10.88.1.2\n"
    for words in ARGUMENTS:
        yield {"id": f"arguments {' '.join(words)}", "file": KEYS, "arguments": words}
        if any(word.startswith(("--node", "--udp")) for word in words):
            yield {"id": f"arguments over file {' '.join(words)}", "file": base + KEYS, "arguments": words}
    for variables in ENVIRONMENTS:
        yield {"id": f"environment {json.dumps(variables)[:80]}", "file": KEYS, "environment": variables}
    full = base + "port: 7980\nprometheus: {port: 6789}\n" + KEYS
    for variables in ENVIRONMENTS[:24]:
        yield {"id": f"environment over file {json.dumps(variables)[:80]}", "file": full, "environment": variables}
    yield {"id": "unknown keys allowed", "file": "nope: 1\nrtc: {nope: 2}\n" + KEYS, "arguments": ["--disable-strict-config"]}
    yield {"id": "unknown keys allowed, not wrong types", "file": "nope: 1\nport: x\n" + KEYS, "arguments": ["--disable-strict-config"]}
    yield {"id": "no file", "arguments": [], "environment": {}}
    yield {"id": "no file, dev", "arguments": ["--dev"]}
    yield {"id": "dev with keys", "file": KEYS, "arguments": ["--dev"]}


def corpus():
    seen, out = {}, []
    for make in (sections, scalars, syntax, places, keys, arguments):
        for case in make():
            seen[case["id"]] = seen.get(case["id"], 0) + 1
            if seen[case["id"]] > 1:
                case["id"] += f" ({seen[case['id']]})"
            out.append(case)
    return out
