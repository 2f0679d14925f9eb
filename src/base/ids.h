// base/ids.h — names drawn at random, in the form people know from Kubernetes.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace mortise {

// `length` characters of the lower-case alphabet without vowels and look-alikes: "r2xkz".
std::string random_suffix(Random& random, int length);

// A stable suffix of the same alphabet from any text: equal texts give equal suffixes.
std::string hashed_suffix(std::string_view text, int length);

}  // namespace mortise
