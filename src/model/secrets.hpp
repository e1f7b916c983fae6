// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/deployment.hpp>
#include <vector>

namespace lkdoctor {

/// What stands for a name that must not be shown.
inline constexpr std::string_view kHiddenName = "(a secret)";

/// A secret stands where the name of a key belongs: it looks like one, or what stands in its own place looks
/// like a name.
bool is_secret_as_name(std::string_view name, const Secret& beside);

/// "controller", "APIcg9bR9Mhxx4e": what stands in the place of the secret is the name.
bool is_name_as_secret(const Secret& secret);

/// The name as it may be shown: `kHiddenName` for a secret.
std::string shown_key_name(std::string_view name, const Secret& beside, std::size_t limit);

/// Several secrets kept as one text, a line each.
std::vector<Secret> lines_of(const Secret& text);

/// Knows everything secret in a deployment: the one list of what is masked, in the engine and in reports.
Redactor redactor_for(const Deployment& deployment);

}  // namespace lkdoctor
