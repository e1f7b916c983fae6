// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor {

/// Something one check learns and others build on. One header each under lkdoctor/facts/. `T` has a JSON
/// form.
template <class T>
struct Fact {
  std::string_view name;   ///< snake_case, unique
  std::string_view title;  ///< for `list facts`: "addresses of public_url"
};

/// The facts of one run, by name. Values are JSON so that they can cross to the worker and be stored.
class Facts {
 public:
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }
  template <class T>
  std::optional<T> find(const Fact<T>& fact) const {
    const auto found = values_.find(fact.name);
    if (found == values_.end()) return std::nullopt;
    return found->second.template get<T>();
  }
  template <class T>
  void set(const Fact<T>& fact, const T& value) {
    set(fact.name, Json(value));
  }
  void set(std::string_view name, Json value) {
    values_.insert_or_assign(std::string(name), std::move(value));
  }
  const std::map<std::string, Json, std::less<>>& all() const noexcept { return values_; }

 private:
  std::map<std::string, Json, std::less<>> values_;
};

}  // namespace lkdoctor
