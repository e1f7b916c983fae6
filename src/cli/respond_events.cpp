// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <lkdoctor/text.hpp>

#include "cli/respond_report.hpp"

namespace lkdoctor::cli {
namespace {

using Kind = respond::Event::Kind;

struct Words {
  Kind kind;
  std::string_view name, sentence;
};

constexpr auto kWords = std::to_array<Words>({
    {Kind::greeted, "greeted", "is being answered"},
    {Kind::other_key, "other_key",
     "greets with another key than this responder's code, key file or key pair: not answered"},
    {Kind::wrong_mac, "wrong_key", "names this key and does not have it: not answered"},
    {Kind::clock, "clock", "greets with another time: not answered"},
    {Kind::unopened, "unopened", "asks for ports that cannot be opened here, and leaves them untested"},
    {Kind::not_allowed, "not_allowed", "is not among the allowed networks: not answered"},
    {Kind::full, "full", "is not answered"},
    {Kind::busy, "busy", "has to wait for its ports"},
    {Kind::limited, "limited", "is not answered any more for a moment"},
    {Kind::kept, "kept",
     "gets no answer from this host, which drops it on its way out (Operation not permitted): by its "
     "firewall's rules for output, or with its table of connections full"},
    {Kind::silent, "silent", "fell silent in the middle of its sweep"},
    {Kind::no_key, "no_key", "opened a control connection and has shown no key: not answered"},
    {Kind::slowed, "slowed", "opens too many connections, some are closed at once"},
    {Kind::session, "session", "has a session"},
    {Kind::session_over, "session_over", "has its session no longer"},
    {Kind::session_refused, "session_refused", "was refused a session"},
    {Kind::relayed, "relayed", "is relayed to LiveKit"},
    {Kind::relay_refused, "relay_refused", "was not relayed to LiveKit"},
    {Kind::failed, "failed", "was let go, since this side failed"},
});

constexpr std::size_t index_of(Kind kind) {
  return static_cast<std::size_t>(kind);
}
static_assert(kWords.size() == index_of(Kind::failed) + 1);
static_assert(std::ranges::all_of(kWords,
                                  [](const Words& one) { return &kWords[index_of(one.kind)] == &one; }));

const Words& words_of(Kind kind) {
  return kWords.at(index_of(kind));
}

}  // namespace

std::string text_of(const respond::Event& event) {
  std::string out = fmt::format("{} {}", event.from.address, words_of(event.kind).sentence);
  if (!event.why.empty()) out += ": " + printable(event.why, 200);
  if (event.count > 0) out += fmt::format(", connection {}", event.count);
  if (!event.key.empty()) out += fmt::format(" (by {})", printable(event.key, 60));
  return out + "\n";
}

std::string json_of(const respond::Event& event) {
  OrderedJson out{{"event", words_of(event.kind).name},
                  {"from", event.from.address},
                  {"key", event.key.empty() ? Json() : Json(event.key)}};
  if (!event.why.empty()) out["why"] = event.why;
  if (event.count > 0) out["count"] = event.count;
  return out.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace lkdoctor::cli
