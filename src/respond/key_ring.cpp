// SPDX-License-Identifier: EUPL-1.2
#include "respond/key_ring.hpp"

namespace lkdoctor::respond {

KeyRing::KeyRing(const std::vector<NamedKey>& keys) {
  for (const NamedKey& one : keys) (void)add(one);
}

const NamedKey* KeyRing::with(const std::array<std::uint8_t, 8>& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

const NamedKey* KeyRing::named(std::string_view identity) const {
  const auto found = by_identity_.find(identity);
  return found == by_identity_.end() ? nullptr : found->second;
}

const NamedKey& KeyRing::add(NamedKey key) {
  const NamedKey& out = keys_.emplace_back(std::move(key));
  // Of two with one secret the first is meant, as it was written.
  by_id_.try_emplace(out.key.id, &out);
  by_identity_.try_emplace(proto::control_identity(out.key), &out);
  return out;
}

void KeyRing::use(const NamedKey& key) {
  if (key.once) used_up_.insert(&key);
}

}  // namespace lkdoctor::respond
