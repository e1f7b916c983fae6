// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"

namespace lkdoctor::config {
namespace {

/// --node-ip and --udp-port against the file.
void settle_addresses(Context& context) {
  const Given* flag = context.arguments.find("node-ip");
  const Value* file = context.in_file("rtc.node_ip");
  if (find_field(*context.schema, "rtc.node_ip")->kind != FieldKind::custom) {
    context.old_node_ip = context.string("rtc.node_ip");
    if (flag != nullptr) context.old_node_ip = flag->text;
    return;
  }
  if (file != nullptr) context.node_ip.read(std::get<std::string>(file->scalar));
  for (const auto& [name, slot] : {std::pair{"rtc.node_ip.ipv4", &context.node_ip.v4},
                                   std::pair{"rtc.node_ip.ipv6", &context.node_ip.v6}}) {
    const auto given = context.arguments.generated.find(name);
    if (given != context.arguments.generated.end()) *slot = given->second.text;
  }
  // An error of the flag is dropped without a word; an address of the same family in the file stays.
  if (flag != nullptr) context.node_ip.read(flag->text);
}

void settle_ports(Context& context) {
  if (const Value* file = context.in_file("rtc.udp_port"))
    context.udp_port.read(std::get<std::string>(file->scalar));
  for (const auto& [name, slot] : {std::pair{"rtc.udp_port.start", &context.udp_port.start},
                                   std::pair{"rtc.udp_port.end", &context.udp_port.end}}) {
    const auto given = context.arguments.values.find(name);
    if (given != context.arguments.values.end())
      *slot = static_cast<int>(std::get<std::int64_t>(given->second.scalar));
  }
  if (const Given* flag = context.arguments.find("udp-port")) context.udp_port.read(flag->text);
  context.range_start = context.number("rtc.port_range_start");
  context.range_end = context.number("rtc.port_range_end");
  if (context.udp_port.start == 0 && context.range_start == 0) {
    if (context.settings().development) {
      context.udp_port = {7882, 0};
    } else {
      context.range_start = 50000;
      context.range_end = 60000;
    }
  }
}

void report_arguments(Context& context) {
  const Arguments& arguments = context.arguments;
  if (!arguments.refusal.empty()) {
    context.refuse(arguments.refusal);
    Finding& finding = context.raise(
        findings::config_argument_invalid, arguments.refused->origin,
        fmt::format("LiveKit does not start with these arguments: {}.", printable(arguments.refusal, 300)));
    if (arguments.refused->text.find(' ') != std::string::npos && arguments.refused->text.starts_with('-')) {
      finding.change(
          "Give option and value as two items of the list, not as one item with a blank in it, then restart "
          "LiveKit");
    } else if (arguments.refused->text.starts_with("tcp://")) {
      finding.change(
          "Set enableServiceLinks: false in the pod, or give the Kubernetes Service a name other than "
          "livekit");
    }
  }
  for (const Given& word : arguments.ignored) {
    context
        .raise(findings::config_value_ignored, word.origin,
               fmt::format("The argument \"{}\" has no effect.", printable(word.text, 60)))
        .change(fmt::format(
            "Remove \"{}\" from the command line, or write the option it belongs to in front of it",
            printable(word.text, 60)));
  }
}

bool is_secret_setting(std::string_view path) {
  return path.find("password") != std::string_view::npos || path.find("key") != std::string_view::npos;
}

/// A variable or argument that silently wins over what the file says.
void report_overrides(Context& context) {
  for (const auto& [path, given] : context.arguments.generated) {
    const Value* file = context.in_file(path);
    if (file == nullptr || file->scalar == context.arguments.values.at(path).scalar) continue;
    const std::string shown = is_secret_setting(path) ? "another value"
                              : given.text.empty()    ? "nothing"
                                                      : "\"" + printable(given.text, 60) + "\"";
    context
        .raise(findings::environment_overrides_file, given.origin,
               fmt::format("{} gives {} {}; {}:{} has no effect.", text(given.origin), path, shown,
                           context.source.name, file->node->begin.line))
        .also_at(context.origin_of(file->node))
        .change(fmt::format("Remove {} or make {}:{} say the same, then recreate the container",
                            text(given.origin), context.source.name, file->node->begin.line));
  }
}

}  // namespace

void settle(Context& context) {
  report_arguments(context);
  LiveKitSettings& settings = context.settings();
  const Given* dev = context.arguments.find("dev");
  settings.development = dev != nullptr ? dev->text == "true" : context.flag("development");
  settings.port = {static_cast<std::uint32_t>(context.number("port")), context.origin("port")};
  settings.tcp_port = {static_cast<std::uint32_t>(context.number("rtc.tcp_port")),
                       context.origin("rtc.tcp_port")};
  settings.use_external_ip = {context.flag("rtc.use_external_ip"), context.origin("rtc.use_external_ip")};
  settings.use_ice_lite = {context.flag("rtc.use_ice_lite"), context.origin("rtc.use_ice_lite")};
  settings.stun_servers = {context.list("rtc.stun_servers"), context.origin("rtc.stun_servers")};
  settings.bind_addresses = {context.list("bind_addresses"), context.origin("bind_addresses")};
  if (!context.arguments.bind.empty()) {
    settings.bind_addresses = {{}, context.arguments.bind.front().origin};
    for (const Given& address : context.arguments.bind) settings.bind_addresses.value.push_back(address.text);
  }
  settle_addresses(context);
  settle_ports(context);
  report_overrides(context);
}

}  // namespace lkdoctor::config
