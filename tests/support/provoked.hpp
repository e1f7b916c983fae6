// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <string_view>
#include <vector>

namespace lkdoctor::test {

/// Notes that a test provoked these findings; ctest `findings.provoked` compares all notes with the
/// catalogue.
void provoked(const std::vector<Finding>& findings);
void provoked(const Judgement& judgement);
void write_provoked();

/// Judges `observation` (any type with a JSON form) and notes what was raised.
Judgement judge(const Check& check, const Json& observation, const Facts& facts,
                const Deployment& deployment);

/// The check with this id, from its maker.
template <class Maker>
std::unique_ptr<Check> make(Maker maker) {
  return maker();
}

/// Ids of the findings raised, in order.
std::vector<std::string> ids(const Judgement& judgement);

}  // namespace lkdoctor::test
