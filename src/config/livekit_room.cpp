// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"

/// What LiveKit starts with, and what no conference can be held with.
namespace lkdoctor::config {
namespace {

std::string mime_of(const Value& codec) {
  const Value* mime = codec.find("mime");
  const auto* text = mime == nullptr ? nullptr : std::get_if<std::string>(&mime->scalar);
  return text == nullptr ? "" : to_lower_ascii(*text);
}

/// Every client speaks Opus. `audio/red` is a wrapping of it.
void enabled_codecs(Context& context) {
  const Value* codecs = context.in_file("room.enabled_codecs");
  if (codecs == nullptr || codecs->is_nil) return;
  std::string other;
  for (const Value& codec : codecs->items) {
    const std::string mime = mime_of(codec);
    if (mime == "audio/opus") return;
    if (mime.starts_with("audio/pcm") && other.empty()) other = mime;
  }
  const std::string said =
      other.empty()
          ? "room.enabled_codecs holds no codec for sound: nobody is heard."
          : fmt::format("room.enabled_codecs holds no Opus: sound is left to {}, where a client has it.",
                        printable(other, 20));
  context.raise_at(findings::opus_not_enabled, "room.enabled_codecs", said)
      .graded(other.empty() ? Severity::failure : Severity::warning);
}

void max_participants(Context& context) {
  if (context.number("room.max_participants") != 1) return;
  context.raise_at(findings::max_participants_too_low, "room.max_participants",
                   "room.max_participants is 1: LiveKit refuses the second participant of every room.");
}

/// One or two sockets for each participant, on each address of LiveKit.
void few_ports(Context& context) {
  constexpr std::uint64_t kFew = 8;
  if (context.flag("rtc.force_tcp") || context.range_start == 0 || context.range_end < context.range_start)
    return;
  const std::uint64_t ports = context.range_end - context.range_start + 1;
  if (ports >= kFew) return;
  const std::string range =
      ports == 1 ? fmt::format("UDP {} is one port", context.range_start)
                 : fmt::format("UDP {}-{} are {} ports", context.range_start, context.range_end, ports);
  const std::uint64_t people = std::max<std::uint64_t>(1, ports / 2);
  context
      .raise_at(findings::udp_port_exhaustion, "rtc.port_range_end",
                fmt::format("{}: enough for about {} participant{}, at one or two ports each.", range, people,
                            people == 1 ? "" : "s"))
      .with("ports", ports)
      .change(fmt::format("Widen the range (20000 to 25000 is what OpenTalk documents), or remove it and set "
                          "rtc.udp_port: {} "
                          "for everybody; then restart LiveKit",
                          context.range_start));
}

}  // namespace

void look_at_room(Context& context) {
  if (context.document.root == nullptr && context.document.error) return;
  enabled_codecs(context);
  max_participants(context);
  few_ports(context);
}

}  // namespace lkdoctor::config
