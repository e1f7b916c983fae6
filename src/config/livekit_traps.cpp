// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"

/// What the server accepts although it is not what was meant.
namespace lkdoctor::config {
namespace {

void node_ip_against_external(Context& context) {
  if (!context.settings().use_external_ip.value) return;
  const Given* flag = context.arguments.find("node-ip");
  const Value* file = context.in_file("rtc.node_ip");
  if ((flag == nullptr || flag->text.empty()) && file == nullptr) return;
  const std::string address =
      flag != nullptr && !flag->text.empty() ? flag->text : std::get<std::string>(file->scalar);
  const std::string who = flag != nullptr && !flag->text.empty() ? text(flag->origin) : "rtc.node_ip";
  Finding& finding = context.raise_at(
      findings::node_ip_overridden_by_external_ip, "rtc.use_external_ip",
      fmt::format("{} {} has no effect: rtc.use_external_ip is true and wins.", who, printable(address, 60)));
  finding.with("node_ip", printable(address, 60))
      .also_at(flag != nullptr && !flag->text.empty() ? flag->origin : context.origin_of(file->node));
  const Origin origin = context.origin("rtc.use_external_ip");
  finding.change(
      fmt::format("Keep one of the two: set use_external_ip: false ({}) to advertise {} always, or remove {}",
                  text(origin), printable(address, 60), who));
}

void node_ip_lost(Context& context) {
  const Given* flag = context.arguments.find("node-ip");
  const Value* file = context.in_file("rtc.node_ip");
  const bool typed = find_field(*context.schema, "rtc.node_ip")->kind == FieldKind::custom;
  if (flag != nullptr && typed && !flag->text.empty() && !check_node_ip(flag->text).empty()) {
    context
        .raise(findings::node_ip_invalid, flag->origin,
               fmt::format("{} \"{}\" is no IP address; LiveKit {} drops it without a word and guesses.",
                           text(flag->origin), printable(flag->text, 60), context.version))
        .graded(Severity::failure);
  } else if (flag != nullptr && file != nullptr && flag->text != std::get<std::string>(file->scalar)) {
    const bool file_wins = typed;
    const std::string loser =
        file_wins ? text(flag->origin) : context.source.name + ":" + std::to_string(file->node->begin.line);
    if (!(file_wins && flag->text.empty())) {
      context
          .raise(findings::environment_overrides_file, flag->origin,
                 fmt::format("{} and {}:{} give two node addresses; in LiveKit {} {} has no effect.",
                             text(flag->origin), context.source.name, file->node->begin.line, context.version,
                             loser))
          .also_at(context.origin_of(file->node))
          .change(fmt::format("Remove {}, then restart LiveKit", loser));
    }
  }
  if (typed || context.old_node_ip.empty() || go_ip(context.old_node_ip)) return;
  context
      .raise_at(
          findings::node_ip_invalid, "rtc.node_ip",
          fmt::format("rtc.node_ip \"{}\" is no IP address: LiveKit {} sends it to the clients as it stands.",
                      printable(context.old_node_ip, 60), context.version))
      .with("node_ip", printable(context.old_node_ip, 60));
}

void range_beyond_ports(Context& context) {
  if (context.range_start == 0 || context.range_end == 0 ||
      (context.range_start <= 65535 && context.range_end <= 65535))
    return;
  context
      .raise_at(findings::config_port_invalid,
                context.range_start > 65535 ? "rtc.port_range_start" : "rtc.port_range_end",
                fmt::format("The UDP range {}-{} lies beyond 65535; LiveKit starts and uses {}-{}.",
                            context.range_start, context.range_end, context.range_start & 0xffffU,
                            context.range_end & 0xffffU))
      .change("Give rtc.port_range_start and rtc.port_range_end ports up to 65535, then restart LiveKit");
}

/// rtc.port_range_start without rtc.port_range_end.
void range_without_end(Context& context) {
  if (context.udp_port.start == 0) {
    context
        .raise_at(findings::udp_port_settings_conflict, "rtc.port_range_start",
                  fmt::format("rtc.port_range_start {} stands without rtc.port_range_end: LiveKit uses any "
                              "UDP port the kernel picks.",
                              context.range_start))
        .graded(Severity::failure)
        .change(
            "Set rtc.port_range_end as well, such as port_range_start: 20000 and port_range_end: 25000, then "
            "restart LiveKit");
    return;
  }
  context
      .raise_at(findings::udp_port_settings_conflict, "rtc.port_range_start",
                fmt::format("rtc.port_range_start {} stands without rtc.port_range_end and is ignored: "
                            "media uses rtc.udp_port {}.",
                            context.range_start, context.udp_port.start))
      .change("Remove rtc.port_range_start, then restart LiveKit");
}

/// rtc.port_range_end without rtc.port_range_start.
void range_without_start(Context& context) {
  const std::string used = context.udp_port.start != 0
                               ? fmt::format("rtc.udp_port {}", context.udp_port.start)
                               : fmt::format("UDP {}-{}", context.range_start, context.range_end);
  context
      .raise_at(
          findings::udp_port_settings_conflict, "rtc.port_range_end",
          fmt::format("rtc.port_range_end stands without rtc.port_range_start and is ignored: media uses {}.",
                      used))
      .change("Set rtc.port_range_start as well, then restart LiveKit");
}

void udp_settings(Context& context) {
  const bool start = context.number("rtc.port_range_start") != 0,
             end = context.number("rtc.port_range_end") != 0;
  const bool mux = context.udp_port.start != 0;
  const bool mux_given =
      mux && (context.in_file("rtc.udp_port") != nullptr || context.arguments.find("udp-port") != nullptr);
  if (start && end && mux_given) {
    context
        .raise_at(
            findings::udp_port_settings_conflict, "rtc.udp_port",
            fmt::format(
                "rtc.udp_port {} is ignored while rtc.port_range_start/end are set: media uses UDP {}-{}.",
                context.udp_port.start, context.range_start, context.range_end))
        .with("udp", fmt::format("{}-{}", context.range_start, context.range_end))
        .change(
            "Remove rtc.udp_port or both rtc.port_range_start and rtc.port_range_end, and let the firewall "
            "allow what is left");
  } else if (start && !end) {
    range_without_end(context);
  } else if (!start && end) {
    range_without_start(context);
  }
  range_beyond_ports(context);
}

void ignored_values(Context& context) {
  for (const Defect& defect : context.decoded.ignored) {
    if (defect.kind == Defect::Kind::unknown_field) continue;
    context
        .raise(findings::config_value_ignored, defect.node,
               fmt::format("{} is a list or a block: LiveKit ignores it without a word.", defect.path))
        .graded(Severity::failure)
        .change(defect.path == "rtc.udp_port"
                    ? "Write rtc.udp_port as one port (7882) or as a range in one value (7882-7892), then "
                      "restart LiveKit"
                    : "Write rtc.node_ip as one value, \"IPV4\" or \"IPV4,IPV6\", then restart LiveKit");
  }
  const Given* flag = context.arguments.find("udp-port");
  if (flag != nullptr && !flag->text.empty() && !check_udp_port(flag->text).empty()) {
    context.raise(findings::config_value_ignored, flag->origin,
                  fmt::format("{} \"{}\" is no port and is ignored without a word.", text(flag->origin),
                              printable(flag->text, 60)));
  }
  const std::string level = context.string("logging.level");
  const std::string lower = to_lower_ascii(level);
  if (level.empty() || lower == "debug" || lower == "info" || lower == "warn" || lower == "error" ||
      lower == "panic" || lower == "fatal" || lower == "dpanic") {
    return;
  }
  context
      .raise_at(findings::config_value_ignored, "logging.level",
                fmt::format("logging.level \"{}\" is no level; LiveKit logs at info.", printable(level, 60)))
      .graded(Severity::info)
      .change("Use debug, info, warn or error for logging.level");
}

/// A few more documents in the file are not read at all.
void further_documents(Context& context) {
  if (context.document.root == nullptr) return;
  int from = context.document.root->end.line;
  if (context.document.root->kind == yaml::Kind::scalar) from = context.document.root->begin.line + 1;
  const int last = static_cast<int>(context.document.lines.size());
  for (int number = std::max(2, from); number < last; ++number) {
    const std::string_view line = context.document.line(number);
    if (line != "---" && line != "..." && !line.starts_with("--- ")) continue;
    const bool more = std::any_of(
        context.document.lines.begin() + number, context.document.lines.end(), [](const std::string& rest) {
          const std::string_view text = trimmed(rest);
          return !text.empty() && !text.starts_with('#') && text != "---" && text != "...";
        });
    if (!more) return;
    Origin origin = context.source;
    origin.line = number;
    origin.column = 1;
    context
        .raise(findings::config_value_ignored, origin,
               fmt::format("{} ends for LiveKit at line {}: what follows is not read.", context.source.name,
                           number))
        .showing(excerpt(context, {number, 1}, 3))
        .change(fmt::format("Remove line {}, then restart LiveKit", number));
    return;
  }
}

void development(Context& context) {
  if (!context.settings().development) return;
  const Given* flag = context.arguments.find("dev");
  const bool dev_key = std::any_of(context.keys.begin(), context.keys.end(),
                                   [](const KeyPair& pair) { return !pair.origin.known(); });
  const std::string who = flag != nullptr ? "--dev" : "development: true";
  std::string sentence =
      fmt::format("LiveKit runs in development mode ({}): debug pages on its public port", who);
  sentence += dev_key ? ", and the published key pair devkey/secret." : ".";
  if (flag != nullptr) {
    context.raise(findings::dev_mode_in_production, flag->origin, sentence);
  } else {
    context.raise_at(findings::dev_mode_in_production, "development", sentence);
  }
}

void loopback(Context& context) {
  const auto& addresses = context.settings().bind_addresses.value;
  if (addresses.empty()) {
    if (context.listens_everywhere()) return;
    context
        .raise_at(findings::bind_address_invalid, "bind_addresses",
                  "bind_addresses is empty: LiveKit runs and listens nowhere for its API.")
        .change("Remove bind_addresses to listen on all addresses, then restart LiveKit");
    return;
  }
  const bool all = std::all_of(addresses.begin(), addresses.end(), [](const std::string& address) {
    return address == "localhost" || kind_of(address) == AddressKind::loopback;
  });
  if (!all) return;
  // A proxy on the same host is an ordinary layout: whether this is a fault is seen from outside alone.
  Finding& finding = context.raise_at(
      findings::bound_to_loopback, "bind_addresses",
      fmt::format("LiveKit's API listens on {}:{} only: proxy and controller must run on the same host.",
                  addresses.front(), context.settings().port.value));
  finding.graded(Severity::info);
}

void no_media_over_tcp(Context& context) {
  if (context.settings().tcp_port.value != 0 || context.is_refused()) return;
  context
      .raise_at(findings::ice_tcp_not_configured, "rtc.tcp_port",
                "rtc.tcp_port is 0: people behind networks that block UDP cannot join.")
      .graded(Severity::warning)
      .change("Set rtc.tcp_port: 7881 and open that port, then restart LiveKit");
}

bool is_documentation_name(std::string_view value) {
  const std::string lower = to_lower_ascii(value);
  for (const std::string_view name : {"example.com", "example.org", "example.net", "yourdomain",
                                      "your-domain", "your.domain", "myhost.com", "<", "${"}) {
    if (lower.find(name) != std::string::npos) return true;
  }
  return false;
}

void placeholders(Context& context) {
  for (const std::string_view path : {"turn.domain", "redis.address", "rtc.node_ip"}) {
    const Value* value = context.in_file(path);
    const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(&value->scalar);
    if (text == nullptr || !is_documentation_name(*text) ||
        (path == "turn.domain" && !context.flag("turn.enabled")))
      continue;
    context.raise(
        findings::placeholder_value, value->node,
        fmt::format("{} still carries a value from the documentation: {}.", path, printable(*text, 60)));
  }
}

}  // namespace

void look_for_traps(Context& context) {
  if (context.document.root == nullptr && context.document.error) return;
  node_ip_against_external(context);
  node_ip_lost(context);
  udp_settings(context);
  ignored_values(context);
  further_documents(context);
  development(context);
  loopback(context);
  no_media_over_tcp(context);
  placeholders(context);
}

}  // namespace lkdoctor::config
