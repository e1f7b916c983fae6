// SPDX-License-Identifier: EUPL-1.2
#include "respond/told.hpp"

namespace lkdoctor::respond {
namespace {

constexpr std::size_t kMostTold = 256;

bool by_anybody(Event::Kind kind) {
  using enum Event::Kind;
  return kind == other_key || kind == wrong_mac || kind == clock || kind == not_allowed || kind == no_key ||
         kind == slowed;
}

}  // namespace

bool ToldOnce::first(Event::Kind kind, const std::string& address) {
  auto& told = by_anybody(kind) ? by_strangers_ : by_clients_;
  return told.size() < kMostTold && told.emplace(kind, address).second;
}

}  // namespace lkdoctor::respond
