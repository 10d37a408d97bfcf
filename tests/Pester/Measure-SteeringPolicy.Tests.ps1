BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/hash.yaml "version: 1`npolicy: hash`notherwise: { by: hash }"
    Set-Content TestDrive:/reject.yaml "version: 1`npolicy: reject`nrules:`n  - name: no v6`n    when: { family: ipv6 }`n    reject: true`notherwise: { by: slot, slot: 1 }"
    Set-Content TestDrive:/slot9.yaml "version: 1`npolicy: slot9`notherwise: { by: slot, slot: 9 }"
    $trace = New-PacketTrace 1000 -PacketsPerFlow 2 -Seed 3
}

Describe 'Measure-SteeringPolicy' {
    It 'counts packets and flows per slot' {
        $result = $trace | Measure-SteeringPolicy -Policy TestDrive:/hash.yaml -SlotCount 4
        $result.Slots.Count | Should -Be 4
        ($result.Slots | Measure-Object -Property Packets -Sum).Sum | Should -Be 2000
        ($result.Slots | Measure-Object -Property Flows -Sum).Sum | Should -Be 1000
        foreach ($slot in $result.Slots) {
            $slot.Share | Should -BeGreaterThan 0.2
            $slot.Share | Should -BeLessThan 0.3
        }
    }

    It 'counts rules and rejections' {
        $result = Measure-SteeringPolicy $trace -Policy TestDrive:/reject.yaml -SlotCount 4
        $rejected = $result.Rejected.Packets
        $rejected | Should -BeGreaterThan 0
        ($result.Slots | Where-Object Slot -EQ 1).Packets | Should -Be (2000 - $rejected)
    }

    It 'gives the same answer on any number of threads' {
        $alone = $trace | Measure-SteeringPolicy -Policy TestDrive:/reject.yaml -SlotCount 4 | Export-SteeringReport -Format Json
        $shared = $trace | Measure-SteeringPolicy -Policy TestDrive:/reject.yaml -SlotCount 4 -ThrottleLimit 3 | Export-SteeringReport -Format Json
        $shared | Should -Be $alone
    }

    It 'gives the same answer each time' {
        $first = Measure-SteeringPolicy $trace -Policy TestDrive:/hash.yaml -SlotCount 4
        $second = Measure-SteeringPolicy $trace -Policy TestDrive:/hash.yaml -SlotCount 4
        $first.Slots.Packets | Should -Be $second.Slots.Packets
    }

    It 'takes slots and seats from a group' {
        $null = New-ReuseportGroup ten -SlotCount 10 -Port 5300
        $result = $trace | Measure-SteeringPolicy -Policy TestDrive:/slot9.yaml -Group ten
        ($result.Slots | Where-Object Slot -EQ 9).Packets | Should -Be 2000
    }

    It 'refuses a policy that names a slot the group lacks' {
        { $trace | Measure-SteeringPolicy -Policy TestDrive:/slot9.yaml -SlotCount 4 -ErrorAction Stop } | Should -Throw -ErrorId 'PolicyInvalid*'
    }

    It 'says how even the load is and whether that is meant' {
        $result = $trace | Measure-SteeringPolicy -Policy TestDrive:/hash.yaml -SlotCount 4
        $result.PacketBalance.Gini | Should -BeLessThan 0.1
        $result.FlowBalance.DegreesOfFreedom | Should -Be 3
        $result.FlowBalance.PValue | Should -BeGreaterThan 0.001
        $result.Slots[0].IntendedShare | Should -Be 0.25
        $result.Slots[0].Peak | Should -BeGreaterThan 0
        $result.Instructions.P99 | Should -BeGreaterOrEqual $result.Instructions.Mean
        ($result | Out-String) | Should -Match 'chi-square .* p = 0'
    }
}
