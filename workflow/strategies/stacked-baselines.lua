-- AOFlagger strategy for many baselines beside each other, in place of times, in one image.
--
-- What stands beside each other has nothing to do with one another: everything here looks along
-- frequency alone. The amplitudes come in units of the noise (workflow/scripts/lwacal/flagging/rfi_search.py),
-- so that one noise level, which AOFlagger takes from the whole image, fits all baselines.
-- Values that are flagged on input are not looked at.

aoflagger.require_min_version("3.0")

-- Threshold of the last search: 6 / sqrt(2) = 4.2 times the noise in a single channel, and
-- 1.5^log2(n) / n of that in the mean of n channels.
local SENSITIVITY = 1.0
-- Thresholds of searches before it in units of its own: what they find does not enter the next
-- background. The first sees no background subtracted, and the sky varies with frequency.
local COARSER = {4, 1}
local WINDOW_CHANNELS, SIGMA_CHANNELS = 26, 5.0   -- of the smooth background
local WIDEN_CHANNELS = 0.1    -- of a stretch of channels may be good within what is flagged

-- Searches along frequency: sumthreshold_masked of version 3.5 searches along time whether told to or
-- not, which is why what is known is filled in instead of masked.
local function search(rest, factor)
  aoflagger.sumthreshold(rest, SENSITIVITY * factor, SENSITIVITY * factor, false, true)
end

-- Returns amplitudes less their smooth background, which leaves out what is found or known; what is
-- known becomes zero.
local function without_background(amplitude, found, known)
  local background = amplitude:copy()
  background:set_mask(found)
  background:join_mask(known)
  aoflagger.low_pass_filter(background, 1, WINDOW_CHANNELS, 1.0, SIGMA_CHANNELS)
  local filled = amplitude:copy()
  filled:set_mask(known)
  filled:set_masked_visibilities(background)
  local rest = filled - background
  rest:set_mask(found)
  return rest
end

function execute(input)
  local amplitude = input:convert_to_complex("amplitude")
  local known = amplitude:copy()
  local rest = amplitude:copy()
  for _, factor in ipairs(COARSER) do
    search(rest, factor)
    rest = without_background(amplitude, rest, known)
  end
  search(rest, 1)
  aoflagger.scale_invariant_rank_operator_masked(rest, known, 0.0, WIDEN_CHANNELS)
  input:join_mask(rest)
end
