// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

#include "config/controller_parts.hpp"

namespace lkdoctor::config::controller {
namespace {

std::string path_of(const Reader& reader, const Field& field) {
  return reader.section() + "." + field.name;
}

std::string excerpt(const Reader& reader, const Field& field) {
  if (field.origin.kind != Origin::Kind::file) return {};
  return excerpt_of(reader.text(), {field.origin.line, field.origin.column});
}

Finding& raise(Reader& reader, const FindingDef& definition, const Field& field) {
  return reader.raise(definition, path_of(reader, field)).at(field.origin).showing(excerpt(reader, field));
}

std::string quoted(const Field& field) {
  return "\"" + printable(without_secret_parts(field.text), 120) + "\"";
}

void report_variable(Reader& reader, const Field& field) {
  const bool secret = field.name == "api_secret";
  raise(reader, findings::variable_not_expanded, field)
      .saying(field.name + (secret ? "" : " = " + quoted(field)) +
              " holds a variable that nobody replaces: the controller takes it letter by letter.");
}

/// False: there is no scheme that the controller can use.
bool judge_service_scheme(Reader& reader, const Field& field, const RustUrl& url) {
  const bool relative = !url.accepted && url.error == "relative URL without a base";
  const bool usable = url.accepted && (url.scheme == "http" || url.scheme == "https");
  if (usable || (!url.accepted && !relative)) return usable;
  std::string why = " does not begin with http:// or https://.";
  std::string better;
  if (url.accepted && (url.scheme == "ws" || url.scheme == "wss")) {
    why = " uses " + url.scheme + "://, which the controller's LiveKit client refuses: it speaks HTTP there.";
    better =
        (url.scheme == "ws" ? "http" : "https") + without_secret_parts(field.text).substr(url.scheme.size());
  } else if (field.text.find("//") == std::string::npos && !field.text.starts_with("unix")) {
    better = "http://" + field.text;
  }
  const bool lost = relative && reader.layout == Layout::module;
  if (lost) reader.refuse("the LiveKit module is left out without a word: service_url: " + url.error);
  Finding& finding = raise(reader, findings::service_url_scheme_invalid, field)
                         .saying("service_url = " + quoted(field) + why +
                                 (lost ? " The controller starts without LiveKit, and says nothing." : ""));
  const bool sure = !better.empty() && !holds_variable(better) && read_as_rust_url(better).accepted;
  if (sure) finding.change("Write service_url = \"" + printable(better) + "\", then restart the controller");
  return false;
}

void judge_service_form(Reader& reader, const Field& field, const RustUrl& url) {
  const std::string_view text = trimmed(field.text);
  const std::size_t start = std::min(text.find_first_not_of("/\\", text.find(':') + 1), text.size());
  const std::string written = to_lower_ascii(text.substr(start));
  const bool other_address = is_numeric_address(url.host) && url.host.find(':') == std::string::npos &&
                             written.find(url.host) == std::string::npos;
  if (other_address || url.repaired) {
    raise(reader, findings::service_url_reinterpreted, field)
        .saying("service_url = " + quoted(field) + " is read as " + url.scheme + "://" +
                printable(url.host, 100) + (url.port == 0 ? "" : ":" + std::to_string(url.port)) +
                printable(url.path, 60) + ".")
        .with("host", url.host);
  }
  if (url.path != "/" || url.query_or_fragment) {
    raise(reader, findings::service_url_path, field)
        .saying("service_url = " + quoted(field) +
                " has a path; some controller releases drop it and some keep it.");
  }
}

void judge_service_url(Reader& reader, const Field& field) {
  const RustUrl url = read_as_rust_url(field.text);
  if (holds_variable(field.text)) {
    report_variable(reader, field);
    return;
  }
  if (!judge_service_scheme(reader, field, url)) {
    if (url.accepted || url.error == "relative URL without a base") return;
    const bool module = reader.layout == Layout::module;
    if (module) reader.refuse("the LiveKit module is left out without a word: service_url: " + url.error);
    raise(reader, findings::controller_config_invalid, field)
        .saying("service_url = " + quoted(field) + " is no URL (" + url.error + ")" +
                (module ? ": the controller starts without LiveKit, and says nothing."
                        : ": nobody gets audio or video."))
        .with("reason", url.error)
        .change("Correct service_url, then restart the controller");
    return;
  }
  judge_service_form(reader, field, url);
}

Finding& report_public(Reader& reader, const Field& field, const std::string& why,
                       Severity severity = Severity::failure) {
  return raise(reader, findings::public_url_handed_out_is_wrong, field)
      .graded(severity)
      .saying("public_url = " + quoted(field) + " " + why +
              "; the controller hands it to every browser unchecked.");
}

/// The browser reads it by the same standard. What kind of host it is depends on the audience: see the check.
void judge_public_url(Reader& reader, const Field& field) {
  if (holds_variable(field.text)) {
    report_variable(reader, field);
    return;
  }
  const RustUrl url = read_as_rust_url(field.text);
  constexpr std::array<std::string_view, 4> kSchemes{"http", "https", "ws", "wss"};
  if (!url.accepted && url.error == "relative URL without a base") {
    report_public(reader, field, "does not begin with wss:// or https://");
  } else if (!url.accepted) {
    report_public(reader, field, "is no URL (" + url.error + ")");
  } else if (std::find(kSchemes.begin(), kSchemes.end(), url.scheme) == kSchemes.end()) {
    report_public(reader, field,
                  "has the scheme \"" + printable(url.scheme, 40) + "\"; browsers need wss:// or https://");
  } else if (url.path.ends_with("/rtc") || url.path.ends_with("/rtc/")) {
    report_public(reader, field, "ends in /rtc; browsers add /rtc themselves");
  } else if (url.host.ends_with('.') && (url.scheme == "https" || url.scheme == "wss")) {
    report_public(reader, field, "has a host that ends in a dot, which not every client and proxy takes",
                  Severity::warning)
        .change("Remove the dot at the end of the host name in public_url, then restart the controller");
  } else if (url.query_or_fragment) {
    report_public(reader, field, "carries a query or a fragment; browsers add their own", Severity::warning);
  } else if (trimmed(field.text).size() != field.text.size()) {
    report_public(reader, field, "begins or ends with white space, which not every client strips",
                  Severity::warning);
  }
}

void judge_credentials_in(Reader& reader, const Field& field) {
  if (without_credentials(field.text) == field.text) return;
  raise(reader, findings::url_with_credentials, field)
      .saying(field.name + " carries a user name or a password" +
              (field.name == "public_url" ? ", and every browser gets it." : "; LiveKit has no use for it."));
}

void judge_secret(Reader& reader, const Field& field) {
  const SecretTraits traits = traits_of(Secret(field.text));
  if (holds_variable(field.text)) {
    report_variable(reader, field);
    return;
  }
  std::string what;
  if (traits.outer_whitespace) what = "begins or ends with white space";
  if (traits.quoted) what = "has quotation marks within its quotation marks";
  if (traits.non_ascii) what = "holds characters beyond ASCII";
  if (what.empty()) return;
  raise(reader, findings::credential_malformed, field)
      .saying("api_secret " + what + ": LiveKit must have exactly the same bytes.")
      .with("length", traits.length);
}

void judge_key(Reader& reader, const Field& field) {
  if (holds_variable(field.text)) {
    report_variable(reader, field);
  } else if (trimmed(field.text).size() != field.text.size()) {
    raise(reader, findings::credential_malformed, field)
        .saying("api_key = " + quoted(field) +
                " begins or ends with white space: LiveKit must have exactly the same bytes.");
  }
}

void report_table(Reader& reader, std::string_view name, const std::string& saying,
                  const std::string& change) {
  const TomlEntry* entry = reader.file.root.find_any_case(name);
  if (entry == nullptr) return;
  const Place place = entry->value.header ? entry->value.place : entry->key_place;
  reader.raise(findings::controller_settings_ignored, "[" + std::string(name) + "]")
      .saying(saying)
      .change(change)
      .at(reader.at(place));
}

}  // namespace

bool holds_variable(std::string_view value) {
  for (std::size_t at = value.find('$'); at != std::string_view::npos; at = value.find('$', at + 1)) {
    const char next = at + 1 < value.size() ? value[at + 1] : '\0';
    if (next == '{' && value.find('}', at) != std::string_view::npos) return true;
    // A secret may hold any dollar: only a text that is nothing else than `$NAME` counts.
    const auto name = value.substr(at + 1);
    const bool whole =
        at == 0 && name.size() > 2 &&
        name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string_view::npos;
    if (whole) return true;
  }
  const std::size_t open = value.find("{{");
  return open != std::string_view::npos && value.find("}}", open) != std::string_view::npos;
}

void judge_values(Reader& reader) {
  for (const Field& field : reader.fields) {
    if (!field.present || !field.problem.empty() || field.text.empty()) continue;
    if (field.name == "service_url") judge_service_url(reader, field);
    if (field.name == "public_url") judge_public_url(reader, field);
    if (field.name.ends_with("_url")) judge_credentials_in(reader, field);
    if (field.name == "api_secret") judge_secret(reader, field);
    if (field.name == "api_key") judge_key(reader, field);
  }
}

void judge_other_tables(Reader& reader) {
  judge_generations(reader);
  const std::string turn = " has no effect: with LiveKit, TURN and STUN servers are configured in LiveKit.";
  report_table(reader, "turn", "[turn]" + turn,
               "Remove [turn]; name TURN servers in livekit.yaml under turn or rtc.turn_servers");
  report_table(reader, "stun", "[stun]" + turn,
               "Remove [stun]; name STUN servers in livekit.yaml under rtc.stun_servers");
  report_table(reader, "room_server",
               "[room_server] belongs to Janus, which controllers from 0.26 on do not use.",
               "Remove [room_server]");
}

}  // namespace lkdoctor::config::controller
