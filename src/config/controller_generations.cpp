// SPDX-License-Identifier: EUPL-1.2
#include <lkdoctor/text.hpp>

#include "config/controller_parts.hpp"

namespace lkdoctor::config::controller {
namespace {

/// Whose [roomserver] it is, by keys that one generation alone has.
enum class Generation { unknown, v0_33, v0_34 };

struct Sign {
  Generation generation = Generation::unknown;
  const TomlEntry* entry = nullptr;
};

/// 0.34 needs `kind`, renamed `url` to `service_url` and brought `modules`; 0.33 renamed `api_token`.
Sign sign_in(const TomlNode& roomserver) {
  for (const std::string_view name : {"kind", "service_url", "modules"}) {
    if (const TomlEntry* entry = roomserver.find_any_case(name)) return {Generation::v0_34, entry};
  }
  const TomlEntry* entry = roomserver.find_any_case("api_key");
  return {entry == nullptr ? Generation::unknown : Generation::v0_33, entry};
}

std::string missing_modules(const TomlNode& roomserver) {
  const TomlEntry* modules = roomserver.find("modules");
  const bool echo = modules != nullptr && modules->value.find("echo") != nullptr;
  return echo ? "\"livekit\"" : "\"livekit\", \"echo\"";
}

std::string named(const TomlEntry& entry) {
  return printable(entry.key, 40);
}

void report_missing_module(Reader& reader, const TomlNode& roomserver, const TomlEntry& sign) {
  const std::string reason = "Missing mandatory roomserver module(s): " + missing_modules(roomserver) + ".";
  reader.refuse(reason);
  reader.raise(findings::controller_config_invalid, std::string(kModulePath))
      .saying("The controller does not start: " + named(sign) +
              " in [roomserver] is of 0.34 or newer, which wants [" + std::string(kModulePath) +
              "] and does not read [livekit].")
      .with("reason", reason)
      .change("Write LiveKit's four values into [" + std::string(kModulePath) +
              "] and remove [livekit], then restart the controller")
      .at(reader.at(sign.key_place))
      .showing(excerpt_of(reader.text(), sign.key_place, static_cast<int>(sign.key.size())));
}

void report_lost(Reader& reader, const TomlEntry& livekit, const TomlEntry& sign) {
  reader.refuse("[livekit] is left out without a word: [roomserver] is there");
  const Place place = livekit.value.header ? livekit.value.place : livekit.key_place;
  reader.raise(findings::controller_section_obsolete, "[livekit]")
      .graded(Severity::warning)
      .saying(
          "The controller reads no [livekit]: " + named(sign) +
          " in [roomserver] is of 0.33 or newer, and beside [roomserver] that leaves [livekit] out without a "
          "word.")
      .with("reason", reader.settings.reason)
      .change("Write LiveKit's settings where the roomserver reads them, from 0.34 on into [" +
              std::string(kModulePath) + "], and remove [livekit]")
      .at(reader.at(place))
      .also_at(reader.at(sign.key_place));
}

void report_both(Reader& reader, const TomlEntry& livekit) {
  const Place place = livekit.value.header ? livekit.value.place : livekit.key_place;
  reader.raise(findings::controller_section_obsolete, "[roomserver]")
      .saying(
          "[roomserver] stands beside [livekit] and has no modules.livekit: controllers up to 0.32 read "
          "[livekit], 0.33 leaves it out because of [roomserver], and later ones want [" +
          std::string(kModulePath) + "].")
      .change(
          "With controller 0.33 or newer write LiveKit's settings where the roomserver reads them, from "
          "0.34 on into [" +
          std::string(kModulePath) + "]")
      .at(reader.at(place));
}

/// [livekit] and a [roomserver] without LiveKit's module: which counts depends on the controller.
void judge_bare_roomserver(Reader& reader, const TomlEntry& livekit) {
  const TomlEntry* roomserver = reader.file.root.find_any_case("roomserver");
  if (roomserver == nullptr || !roomserver->value.is_table()) return;
  const Sign sign = sign_in(roomserver->value);
  if (sign.generation == Generation::v0_34)
    return report_missing_module(reader, roomserver->value, *sign.entry);
  if (sign.generation == Generation::v0_33) return report_lost(reader, livekit, *sign.entry);
  report_both(reader, livekit);
}

/// False: the controller stops at a name.
bool judge_module_names(Reader& reader) {
  const TomlEntry* roomserver = reader.file.root.find("roomserver");
  const TomlEntry* modules = roomserver == nullptr ? nullptr : roomserver->value.find("modules");
  if (modules == nullptr) return true;
  bool all_fine = true;
  for (const TomlEntry& entry : modules->value.entries) {
    const bool fine =
        entry.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
    if (fine) continue;
    all_fine = false;
    const std::string reason = "Module id may only contain lowercase letters, digits or \"_\"";
    reader.refuse(reason);
    reader.raise(findings::controller_config_invalid, "roomserver.modules." + printable(entry.key, 60))
        .saying("The controller does not start: the module name \"" + printable(entry.key, 60) +
                "\" holds other characters than small letters, digits and _.")
        .with("reason", reason)
        .change("Write [roomserver.modules." + to_lower_ascii(printable(entry.key, 60)) + "]")
        .at(reader.at(entry.key_place))
        .showing(excerpt_of(reader.text(), entry.key_place, static_cast<int>(entry.key.size())));
  }
  return all_fine;
}

}  // namespace

void judge_generations(Reader& reader) {
  const bool named_well = judge_module_names(reader);
  const TomlEntry* old = reader.file.root.find_any_case("livekit");
  if (old == nullptr) return;
  if (reader.layout != Layout::module) {
    // The module may be what follows a syntax error, or what has the wrong name.
    if (named_well && !reader.file.error) judge_bare_roomserver(reader, *old);
    return;
  }
  reader.raise(findings::controller_section_obsolete, "[livekit]")
      .saying("Both [livekit] and [" + std::string(kModulePath) +
              "] are there; controllers from 0.34 on read the second alone, older ones the first.")
      .at(reader.at(old->value.header ? old->value.place : old->key_place));
}

}  // namespace lkdoctor::config::controller
