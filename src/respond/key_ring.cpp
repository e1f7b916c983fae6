// SPDX-License-Identifier: EUPL-1.2
#include "respond/key_ring.hpp"

#include <algorithm>

namespace lkdoctor::respond {

const NamedKey* KeyRing::with(const std::array<std::uint8_t, 8>& id) const {
  const auto found = std::ranges::find_if(keys_, [&](const NamedKey& one) { return one.key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

const NamedKey* KeyRing::named(std::string_view identity) const {
  const auto found = std::ranges::find_if(
      keys_, [&](const NamedKey& one) { return proto::control_identity(one.key) == identity; });
  return found == keys_.end() ? nullptr : &*found;
}

const NamedKey& KeyRing::add(NamedKey key) {
  return keys_.emplace_back(std::move(key));
}

void KeyRing::use(const NamedKey& key) {
  if (key.once) used_up_.insert(&key);
}

}  // namespace lkdoctor::respond
