// SPDX-License-Identifier: EUPL-1.2
#include "cli/arguments.hpp"
#include "config/options.hpp"

namespace lkdoctor::cli {
namespace {

using std::string;

/// An output belongs to the format before it; the two lists are kept level.
void add_format(Arguments& into, string format) {
  into.options.format.push_back(std::move(format));
  into.options.output.resize(into.options.format.size() - 1);
}

void add_output(Arguments& into, string file) {
  std::vector<string>&formats = into.options.format, &files = into.options.output;
  if (formats.empty() || files.size() >= formats.size()) formats.push_back("text");
  files.resize(formats.size() - 1);
  files.push_back(file == "-" ? "" : std::move(file));
}

/// Said twice is said together.
void add_to(string& list, const string& more) {
  list += (list.empty() ? "" : ",") + more;
}

using config::kWithCompose;
using config::kWithContainer;
using config::kWithWatch;

constexpr OptionSpec kOptions[] = {
    {"--controller",
     "FILE",
     "OpenTalk controller.toml",
     kDeployments | kToken,
     [](Arguments& a, string v) { a.options.controller = std::move(v); },
     {},
     0,
     "What to check"},
    {"--livekit", "FILE", "LiveKit server YAML", kDeployments | kToken | kRespond,
     [](Arguments& a, string v) { a.options.livekit = std::move(v); }},
    {"--compose", "FILE", "Docker Compose file", kDeployments,
     [](Arguments& a, string v) { a.options.compose.push_back(std::move(v)); }, kWithCompose},
    {"--env-file", "FILE", "environment file of Compose", kDeployments,
     [](Arguments& a, string v) { a.options.env_file.push_back(std::move(v)); }, kWithCompose},
    {"--public-url", "URL", "where browsers connect; wins over files", kDeployments,
     [](Arguments& a, string v) { a.options.public_url = std::move(v); }},
    {"--service-url", "URL", "where the controller connects; wins over files", kDeployments,
     [](Arguments& a, string v) { a.options.service_url = std::move(v); }},
    {"--api-key", "KEY", "name of the key pair; wins over files", kDeployments | kToken,
     [](Arguments& a, string v) { a.options.api_key = std::move(v); }},
    {"--api-secret-file", "FILE", "its secret (also LKDOCTOR_API_SECRET); never on the command line",
     kDeployments | kToken, [](Arguments& a, string v) { a.options.api_secret_file = std::move(v); }},
    {"--token-file", "FILE", "join with this token instead of a key pair", kDeployments,
     [](Arguments& a, string v) { a.options.token_file = std::move(v); }},
    {"--config", "FILE", "lkdoctor's own settings (lkdoctor.toml)", kDeployments | kToken,
     [](Arguments& a, string v) { a.options.config = std::move(v); }},
    {"--livekit-version", "X.Y.Z", "judge files for this server version", kDeployments,
     [](Arguments& a, string v) { a.options.livekit_version = std::move(v); }},
    {"--all", "", "every target of lkdoctor.toml", kTargets,
     [](Arguments& a, string) { a.options.all = true; }},

    {"--vantage",
     "PLACE",
     "outside, inside, controller, livekit-host, recorder or auto",
     kDeployments,
     [](Arguments& a, string v) { a.options.vantage = std::move(v); },
     {},
     0,
     "From where, for whom"},
    {"--audience", "WHO", "internet, lan, vpn or auto: who must be able to join", kDeployments,
     [](Arguments& a, string v) { a.options.audience = std::move(v); }},
    {"--container", "NAME", "judge as that container", kDeployments,
     [](Arguments& a, string v) { a.options.container.push_back(std::move(v)); }, kWithContainer},
    {"--proxy", "URL", "auto, none or the URL of a forward proxy", kDeployments,
     [](Arguments& a, string v) { a.options.proxy = std::move(v); }},
    {"--ca-file", "FILE", "trust these certificates too (repeatable)", kDeployments,
     [](Arguments& a, string v) { a.options.ca_file.push_back(std::move(v)); }},
    {"--resolve", "HOST:PORT:ADDR", "pin an address (repeatable)", kDeployments,
     [](Arguments& a, string v) { a.options.resolve.push_back(std::move(v)); }},
    {"--stun", "HOST:PORT", "STUN server for the external address (repeatable)", kDeployments,
     [](Arguments& a, string v) { a.options.stun.push_back(std::move(v)); }},
    {"--responder", "HOST[:PORT]", "a running `lkdoctor respond`", kDeployments,
     [](Arguments& a, string v) { a.options.responder = std::move(v); }},
    {"--responder-key-file", "FILE", "the key of both sides (default: made from the key pair)", kDeployments,
     [](Arguments& a, string v) { a.options.responder_key_file = std::move(v); }},
    {"--pair", "", "ask for the code it printed", kTargets,
     [](Arguments& a, string) { a.options.pair = true; }},

    {"--only",
     "ID,…",
     "only these checks, groups or findings (globs)",
     kDeployments,
     [](Arguments& a, string v) { a.options.only.push_back(std::move(v)); },
     {},
     0,
     "How much"},
    {"--skip", "ID,…", "all but these", kDeployments,
     [](Arguments& a, string v) { a.options.skip.push_back(std::move(v)); }},
    {"--passive", "", "no joins: nothing is created anywhere", kDeployments,
     [](Arguments& a, string) { a.options.passive = true; }},
    {"--allow-side-effects", "", "also what creates and deletes a throw-away room", kDeployments,
     [](Arguments& a, string) { a.options.allow_side_effects = true; }},
    {"--third-party", "WHICH", "none, as-server or any: hosts outside the deployment", kDeployments,
     [](Arguments& a, string v) { a.options.third_party = std::move(v); }},
    {"--thorough", "", "also what needs more than a moment", kDeployments,
     [](Arguments& a, string) { a.options.thorough = true; }},
    {"--timeout", "SEC", "for each check (default 10, 25 for a join)", kDeployments,
     [](Arguments& a, string v) { a.options.timeout = std::move(v); }},
    {"--deadline", "SEC", "for the whole run (default 30)", kDeployments,
     [](Arguments& a, string v) { a.options.deadline = std::move(v); }},
    {"--watch", "", "run again what was not healthy, until it is", kCheck,
     [](Arguments& a, string) { a.options.watch = true; }, kWithWatch},

    {"--format",
     "FORMAT",
     "text, json or jsonl; repeatable with --output",
     kCheck | kDemo,
     add_format,
     {},
     0,
     "Output"},
    {"--format", "FORMAT", "text or json", kPlan | kConfig | kList, add_format},
    {"--format", "FORMAT", "of --check-config: text or json", kServe, add_format},
    {"--format", "FORMAT", "text, or json: an object a line, one for each event", kRespond, add_format},
    {"--output", "FILE", "where the format before it goes; `-`: stdout", kCheck | kDemo, add_output},
    {"--record", "FILE", "also write what was seen, to be judged again later", kCheck | kDemo,
     [](Arguments& a, string v) { a.options.record = std::move(v); }},
    {"--fail-on", "LEVEL", "fail or warn: what ends with a status that is not 0", kCheck,
     [](Arguments& a, string v) { a.options.fail_on = std::move(v); }},
    {"--exit-zero", "", "0 instead of 1, 2 and 3", kCheck,
     [](Arguments& a, string) { a.options.exit_zero = true; }},
    {"--verbose",
     "",
     "every check with its times, facts and log",
     kTargets | kDemo,
     [](Arguments& a, string) { a.options.verbose = true; },
     {},
     'v'},
    {"--quiet",
     "",
     "nothing on exit 0, else the causes alone",
     kTargets | kDemo,
     [](Arguments& a, string) { a.options.quiet = true; },
     {},
     'q'},
    {"--color", "WHEN", "auto, always or never", kTargets | kDemo,
     [](Arguments& a, string v) { a.options.color = std::move(v); }},

    {"--web.listen-address",
     "ADDRESS:PORT",
     "where it answers (repeatable; default 127.0.0.1:17880)",
     kServe,
     [](Arguments& a, string v) { a.options.web_listen_address.push_back(std::move(v)); },
     {},
     0,
     "Serve"},
    {"--web.config.file", "FILE", "TLS and passwords, as Prometheus' exporters take them", kServe,
     [](Arguments& a, string v) { a.options.web_config_file = std::move(v); }},
    {"--web.external-url", "URL", "where people and Prometheus reach it, if a proxy is before it", kServe,
     [](Arguments& a, string v) { a.options.web_external_url = std::move(v); }},
    {"--web.route-prefix", "PATH", "before every path (default: the path of --web.external-url)", kServe,
     [](Arguments& a, string v) { a.options.web_route_prefix = std::move(v); }},
    {"--web.open", "", "listen beyond loopback without TLS and passwords; pages tell less then", kServe,
     [](Arguments& a, string) { a.options.web_open = true; }},
    {"--state-dir", "FOLDER", "where the history is kept", kServe,
     [](Arguments& a, string v) { a.options.state_dir = std::move(v); }},
    {"--check-config", "", "say what would be served, how often, and whom that contacts; then end", kServe,
     [](Arguments& a, string) { a.check_config = true; }},

    {"--fault",
     "ID",
     "break the stand-in so that this finding is the cause",
     kDemo,
     [](Arguments& a, string v) { a.fault = std::move(v); },
     {},
     0,
     "Demo"},
    {"--list-faults", "", "what can be broken", kDemo, [](Arguments& a, string) { a.list_faults = true; }},

    {"--for",
     "DURATION",
     "how long the token holds, such as 30m (default and at most 2h)",
     kToken,
     [](Arguments& a, string v) { a.life = std::move(v); },
     {},
     0,
     "Token"},

    {"--udp",
     "A-B,…",
     "UDP ports to answer on; wins over the file",
     kRespond,
     [](Arguments& a, string v) { add_to(a.respond.udp, v); },
     {},
     0,
     "Respond"},
    {"--tcp", "P,…", "TCP ports that answer while a session runs, where nobody has them, beside the file's",
     kRespond, [](Arguments& a, string v) { add_to(a.respond.tcp, v); }},
    {"--for", "DURATION", "when to end, such as 90s or 2h (default 15m, at most 7d)", kRespond,
     [](Arguments& a, string v) { a.life = std::move(v); }},
    {"--responder-key-file", "FILE", "the key of both sides (default: made from the key pair)", kRespond,
     [](Arguments& a, string v) { a.options.responder_key_file = std::move(v); }},
    {"--listen", "ADDRESS[:PORT]",
     "where greetings and the control connection come in (default: port 17881 of every address)", kRespond,
     [](Arguments& a, string v) { a.respond.listen = std::move(v); }},
    {"--allow", "CIDR", "answer these networks alone (repeatable)", kRespond,
     [](Arguments& a, string v) { a.respond.allow.push_back(std::move(v)); }},
    {"--slice", "PORTS", "without a raw socket: ports taken at one time (default 500)", kRespond,
     [](Arguments& a, string v) { a.respond.slice = std::move(v); }},
    {"--no-raw", "", "take free ports even where a raw socket could be had", kRespond,
     [](Arguments& a, string) { a.respond.no_raw = true; }},
};

constexpr CommandSpec kCommands[] = {
    {"check", "check [TARGET…] [OPTION…]", "one-shot diagnosis; TARGET: a URL or a name from lkdoctor.toml",
     kCheck},
    {"plan", "plan [TARGET] [OPTION…]", "what would run and whom it would contact; no network", kPlan},
    {"config", "config [TARGET] [OPTION…]", "the effective settings, each with its source", kConfig},
    {"list", "list checks|findings|facts|options|schema", "the catalogue", kList},
    {"explain", "explain ID|TEXT|-", "what a check, a finding, an error text or a log means", kExplain},
    {"demo", "demo [--fault ID]", "a small stand-in deployment on loopback, and its check", kDemo},
    {"token", "token create|inspect", "a probe token for a machine without the key pair; what a token says",
     kToken},
    {"serve", "serve [OPTION…]", "long-running probe with metrics", kServe},
    {"triage", "triage", "one redacted bundle for a ticket", 0},
    {"diff", "diff A B", "what changed between two reports", 0},
    {"respond", "respond [--livekit FILE | --udp A-B]",
     "far side of the two-sided port test, on the LiveKit host", kRespond},
    {"fix", "fix --dry-run", "the edits that would repair what was found", 0},
};

}  // namespace

std::span<const CommandSpec> command_table() {
  return kCommands;
}
std::span<const OptionSpec> option_table() {
  return kOptions;
}

}  // namespace lkdoctor::cli
