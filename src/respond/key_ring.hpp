// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <deque>
#include <lkdoctor/proto/port_test_keys.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace lkdoctor::respond {

struct NamedKey {
  std::string name;  ///< for the operator: "key file", "pairing code", an api_key
  proto::PortTestKey key;
  bool once = false;   ///< good for one session
  bool given = false;  ///< to one client, for its session
};

/// The long-term keys of a responder: those it began with, and those it gave for a code. A pointer to one
/// holds as long as the ring.
class KeyRing {
 public:
  explicit KeyRing(const std::vector<NamedKey>& keys);
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;

  const NamedKey* with(const std::array<std::uint8_t, 8>& id) const;
  /// By the PSK identity of the control connection.
  const NamedKey* named(std::string_view identity) const;
  const NamedKey& add(NamedKey key);
  std::size_t size() const noexcept { return keys_.size(); }

  bool used_up(const NamedKey& key) const { return used_up_.contains(&key); }
  /// A key that is good once is so no longer.
  void use(const NamedKey& key);

 private:
  std::deque<NamedKey> keys_;
  std::map<std::array<std::uint8_t, 8>, const NamedKey*> by_id_;
  std::map<std::string, const NamedKey*, std::less<>> by_identity_;
  std::set<const NamedKey*> used_up_;
};

}  // namespace lkdoctor::respond
