"""Words of questions that name nothing: our own list, in their first form; endings are seen through."""

import re

_WORDS = """
a about above accelerate accept accepted accident accompany according account accumulate achieve acknowledge acquire across act action
activate activity actual adapt add addition additional adequate adjust adjuvant admit adopt adult advance advantage adverse advice
advisable advise affect afford after again against age aged agent ago agree aid aim alarm albeit alert alive all alleviate allocate allow
almost alone along already also alter alternative although always am ameliorate american among amount an analysis and announce annual
annually another answer anticipate any anybody anyone anything anyway apart appear apply appoint approach appropriate approval approve
april are area argue argument arise arm around arrive article as ask assess assign assist associate associated association assume
assumption at attack attempt attend attenuate attract attribute august author autumn available average avert avoid award aware away baby
back bad balance ban base baseline be bear beat because become been before begin beginning behind being belief believe beneficial benefit
best better between beyond big bind biology blind block body boost both bother bound breakthrough bring british broad build burden buy by
call can cancel cannot capable care carrier carry case cast categorise category causal cause caution cease center century certain
challenge chance change characteristic cheap check chemical chief chinese choice choose citation cite claim classify clear clinic clinical
close cohort collect combination combine come comment commit committee common community compare comparison compete complete complication
comply comprise con concern conclude conclusion condition conduct confident confirm conflict confuse confusion connect connection
consensus consent consequence consider considered consistent constant consume contact contain content contest contested context continue
continued contradict contradictory contrary contribute control controlled controversial convert convince correct correlate correlation
cost cotreat could count counteract country couple course cover create criterion critical cross crucial cure current currently daily
damage dampen danger dangerous data date day dead deadly deal death debate decade december decide decisive decline decrease decreased deem
deep define definite degree delay delete deliberate deliver demand demonstrate deny depend depress derive describe deserve design desire
despite detail detect deteriorate determine develop development device devote diagnose diagnosis dialogue did die diet differ difference
different dilute diminish direct direction disagree disagreement disappear discontinue discontinued discover discovery discredit discuss
disease dismiss disorder dispense display disprove dispute distinct distinguish distribute divide do doctor document does dominate dosage
dose double doubt down downregulate draw drink drive drop drug due duration during dynamic each eager earlier early ease easy eat edit
educate effect effective effectively effectiveness efficacious efficacy efficient effort either elderly elevate elicit eliminate else
emerge emergency emphasise employ enable encounter encourage end endorse endure engage enhance enjoy enlarge enough ensure enter entire
entitle entity envisage equal equivalent eradicate error escape especially essential establish estimate european evaluate even evening
event ever every everyone everything evidence evident evidently evolve exacerbate exact exaggerate examine example exceed except excess
excessive exchange exclude exclusive execute exert exhibit exist existing expand expect expensive experience experiment expert explain
explanation explore expose exposure express extend extent extra extract extreme facilitate fact factor fail failed false familiar far fast
fatal fatality father fault favor favour feature february feel female few field fight figure final find finding fine finish first fit fix
flaw fluctuate focus follow for forbid force forget form formal former formerly fortunate forward foster found fraction frequent from
fulfil full function fund further future gain gather gene general generally get give given global go goal good got grade grant graph
grateful great greater ground group grow guarantee guess guide guideline had half halt hamper handle happen hard harm harmful harmless has
hasten have having hazard he headline heal health healthy hear heavy heighten help helpful hence her here hers hide high higher him hint
his history hit hold honest hope hospital hospitalise hospitalize hour how however human hypothesis hypothesise i idea identical identify
if ignore illness imagine immediate impact impair implement imply importance important imprecise improve improvement in inactive
inadequate inappropriate incidence incident incline include inconclusive inconsistent incorrect increase increased indeed independent
indicate indication individual induce ineffective inevitable infant infect infected infer inference inferior inflict influence inform
information infrequent ingest inhale inhibit inhibition inhibitor initial initially inject injure innocent inquire insert insight inspect
instance instead institute instruct insufficient intake integrate intend intense intensify intensity interact interaction interest
interfere international interpret interrupt interval intervention into introduce invalid invent investigate investigation invite involve
involved irrelevant is isolate issue it item its itself january jeopardise join journal judge july june just justify keep kick kill kind
know knowledge known label lack large last lasting late later latest latter launch law lay lead learn least lecture led legal legitimate
less lessen let letter level liable licence license licensed lie life lift like likely limit linger link list listen literature little
live load local locate logic long look loose lose loss lot low lower made magnitude mail main mainly maintain major make male man manage
management mandate manner manufacture many march margin mark marker market mass match material matter mature maximum may maybe me mean
measure mechanism mechanistic media mediate medical medication medicine meet member men mention merely merge merit message method might
mild mind mine minimal minimise minimum minor minus mislead misleading mistake mitigate mix model moderate modern modify modulate monitor
month monthly more moreover morning mortality most mostly mother motivate move much multiple must mutual my myth naive name narrow
national natural nature near nearly necessary need negative negatively neglect negligible network never new newly news newspaper next
night no nobel nobody node nominal none nonetheless nor normal not notable note noteworthy nothing notice notion notorious november now
null number nurse objective oblige observe obtain obvious obviously occasional occur occurrence october odd odds of off offer often old
older omit on once one only onset onto onwards open operate opinion opponent opportunity oppose opposite optimal optimism optimistic
option or oral orally order ordinary originally originate other otherwise our out outcome outweigh over overall overdose overestimate
overlook overrule overstate overturn owe own pace pair panel paper paradox parallel parent part partial participant participate particular
party passive past patient pattern pay peak pending people per perceive percent perfect perform perhaps period permanent permit persist
persistent person perspective persuade pessimistic phase phenomenon physician pick pill pilot place placebo plain plan plausible play
please pledge plus point pool poor popular population portion pose positive positively possible possibly postpone postulate potency potent
potential practice precaution precede precise preclude predict prediction prefer preferred preliminary premature preparation prepare
prescribe prescription presence present preserve pressing presumably presume prevail prevalence prevent prevention preventive previous
previously primarily primary principal principle prior priority probable probably problem procedure proceed process produce product
professional profile progress prohibit prolong prominent promise promising promote prone proof proper property prophylactic prophylaxis
proportion propose prospect prospective prospectively protect protection protective protein protocol prove proven provide provoke public
publication publish pull pure purpose pursue push put quality question questionable quick quit quite raise random randomise randomised
randomize randomized range rapid rare rarely rate rather ratio reach react reaction read real really reason reassure recall receive recent
recently recipient recognise recognize recommend recommendation reconsider record recover recovery recurrent reduce reduced reduction
reevaluate refer refine reflect refusal refuse refute regard regimen register regret regular regulate regulation regulator reinforce
reject rejoin relapse relate related relation relationship relative relax release relevant reliability reliable relief relieve rely remain
remark remedy remember remind remove repeal repeat replace reply report represent request require requirement rescue research researcher
resemble reserve resist resolve resort resource respond response responsible restrict result resume retain rethink retire retract
retracted retraction retrospective return reveal reverse review revise revision revoke reward rid right rigorous rise risk rival robust
role root rough route routine rule safe safely safety said same sample satisfy save saw say scale scandal scare scenario sceptical
schedule scheme science scientist scope score search second section see seek seem seen segment select selection sell send sense sensitive
sentence separate september sequence series serious set setting settle several severe severity shall share she shift shock short shorten
should show shown sibling side sign signal significant significantly silence similar similarity simple since single situation size
skeptical slight slip slow slowly small smoke smoker smooth so social society sole solid solution solve some somebody someone something
sometimes somewhat soon sort sound source spare speak special species specific speculate spend spot spread spring spur square stable stage
stance stand standard start state statement statistic status stay steady steep stem step still stimulate stimulus stop story strength
strengthen stress strict strike strive strong stronger strongly structure struggle student study subgroup subject subsequent substance
substantial substitute substitution subtle succeed success successful such sudden suffer sufficient suggest suitable summarise summarize
summary summer superior supersede supply support suppose suppress sure surge surprise surprising survey survival survive susceptible
suspect sustain switch symbol symptom syndrome synergistic synergy system tablet tackle take taken talk target task teach tell tend
tendency tentative term terrible test testify than that the their theirs them theme then theory therapeutic therapy there thereby
therefore these they thing think third this thorough those though thought threat threaten threshold through thus tie tight time timeline
tiny title to today together told tolerate tomorrow tone too took tool top topic total touch toward towards toxic toxicity trace track
tradition transfer transform transition translate transmission transmit travel treat treatable treatment trend trial trick trigger trouble
true trust truth try turn type typical typically ultimate unable unaffected uncertain uncertainty unchanged unclear under undergo
undermine understand undesirable undo uneven unfavourable unit unite university unknown unlike unproven unreliable unsafe until unwanted
up update upheld uphold upon upregulate urge urgent us usage use useful useless user usual usually utility valid value vanish variable
variant variation various vary vast verdict verify version versus very via victim view visit vital voluntary vote vs vulnerable wait wane
want warn warning warrant was way we weak weaken week weekly weigh welcome well went were what whatever when whenever where whereas
whether which while who whole whom whose why wide will win winter wise wish with withdraw withdrawn within without witness woman women
wonder word work worker world worldwide worry worse worsen worst worth worthwhile would write wrong year yearly yes yet yield you young
your
"""
COMMON = frozenset(_WORDS.split())

_ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "er", "or", "ion", "al", "ally", "ment")
_LETTER = re.compile(r"[^\W\d_]")
_JOINED = re.compile(r"[-/']")


def is_common(word: str) -> bool:
    """Whether a word of a question names nothing by itself: it is on the list, in any form, or has no letter."""
    small = word.casefold().removesuffix("'s").removesuffix("’s")
    if _LETTER.search(small) is None or small in COMMON:
        return True
    parts = _JOINED.split(small)
    if len(parts) > 1:  # low-dose, long-term, and/or
        return all(is_common(part) for part in parts if part)
    return any(_first_form(small, ending) for ending in _ENDINGS)


def _first_form(word: str, ending: str) -> bool:
    stem = word.removesuffix(ending)
    if stem == word or len(stem) < 3:
        return False
    doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[:-1] in COMMON
    return stem in COMMON or f"{stem}e" in COMMON or doubled or (stem[-1] == "i" and f"{stem[:-1]}y" in COMMON)
