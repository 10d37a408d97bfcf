BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/zero.yaml "version: 1`npolicy: zero`notherwise: { by: slot, slot: 0 }"
    Set-Content TestDrive:/one.yaml "version: 1`npolicy: one`notherwise: { by: slot, slot: 1 }"
    Set-Content TestDrive:/hash.yaml "version: 1`npolicy: hash`notherwise: { by: hash }"
    Set-Content TestDrive:/kernel.yaml "version: 1`npolicy: kernel`notherwise: { by: kernel }"
    $quic = New-PacketTrace 400 -PacketsPerFlow 3 -Payload Quic -Seed 3
    $tcp = New-PacketTrace 400 -PacketsPerFlow 3 -Protocol Tcp -Seed 3
}

Describe 'Compare-SteeringPolicy' {
    It 'finds nothing moved by the same policy' {
        $result = $quic | Compare-SteeringPolicy TestDrive:/hash.yaml -SlotCount 4
        $result.Flows | Should -Be 400
        $result.FlowsMoved | Should -Be 0
        $result.PacketsMoved | Should -Be 0
    }

    It 'breaks QUIC flows that move' {
        $result = $quic | Compare-SteeringPolicy TestDrive:/zero.yaml TestDrive:/one.yaml -SlotCount 2
        $result.FlowShareMoved | Should -Be 1
        $result.PacketsMoved | Should -Be 1200
        @($result.Moves).Count | Should -Be 1
        $result.Moves[0].From | Should -Be 'slot 0'
        $result.Moves[0].To | Should -Be 'slot 1'
        $result.Protocols[0].Protocol | Should -Be 'Quic'
        $result.Protocols[0].Breaking | Should -Be 400
        @($result.TopSources).Count | Should -Be 20
    }

    It 'breaks no TCP connection that moves, unless its member is gone' {
        $moved = $tcp | Compare-SteeringPolicy TestDrive:/zero.yaml TestDrive:/one.yaml -SlotCount 2
        $moved.Protocols[0].Moving | Should -Be 400
        $moved.Protocols[0].Breaking | Should -Be 0
        $gone = $tcp | Compare-SteeringPolicy TestDrive:/hash.yaml -SlotCount 4 -RemovedSlot 2
        $gone.Protocols[0].Breaking | Should -Be $gone.Protocols[0].Moving
        $gone.FlowShareMoved | Should -BeGreaterThan 0.2
        $gone.FlowShareMoved | Should -BeLessThan 0.3
        @($gone.Moves | Where-Object { $_.Effect -eq 'Moves' -and $_.From -ne 'slot 2' }).Count | Should -Be 0
    }

    It 'shows what a slot more does' {
        $result = $quic | Compare-SteeringPolicy TestDrive:/hash.yaml -SlotCount 4 -NewSlotCount 5
        $result.FlowShareMoved | Should -BeGreaterThan 0.5
        $result.After | Should -Be 'hash, 5 slots instead of 4'
        ($result | Out-String) | Should -Match 'slot 4'
    }

    It 'shows what draining a slot does' {
        $result = $tcp | Compare-SteeringPolicy TestDrive:/hash.yaml -SlotCount 4 -DrainedSlot 2
        $result.After | Should -Be 'hash, slot 2 drained'
        @($result.Moves | Where-Object { $_.Effect -eq 'Moves' -and $_.From -ne 'slot 2' }).Count | Should -Be 0
        @($result.Moves | Where-Object To -EQ 'slot 2').Count | Should -Be 0
        $result.Protocols[0].Breaking | Should -Be 0
        { $tcp | Compare-SteeringPolicy TestDrive:/hash.yaml -SlotCount 2 -DrainedSlot 0, 1 -ErrorAction Stop } | Should -Throw
    }

    It 'does not know where the kernel puts flows' {
        $result = $quic | Compare-SteeringPolicy TestDrive:/hash.yaml TestDrive:/kernel.yaml -SlotCount 4
        $result.FlowsUncertain | Should -Be 400
        $result.FlowsMoved | Should -Be 0
    }

    It 'takes the slots of a group' {
        $null = New-ReuseportGroup compared -SlotCount 3 -Port 5301
        ($quic | Compare-SteeringPolicy TestDrive:/hash.yaml TestDrive:/one.yaml -Group compared).FlowShareMoved | Should -BeGreaterThan 0.5
    }

    It 'refuses <what>' -ForEach @(
        @{ what = 'no group at all'; with = @{}; id = 'SlotCountOrGroup*' }
        @{ what = 'a slot that is not there'; with = @{ SlotCount = 4; RemovedSlot = 4 }; id = 'PolicyInvalid*' }
        @{ what = 'a group without members'; with = @{ SlotCount = 2; RemovedSlot = 0, 1 }; id = 'PolicyInvalid*' }
    ) {
        { $quic | Compare-SteeringPolicy TestDrive:/hash.yaml @with -ErrorAction Stop } | Should -Throw -ErrorId $id
    }
}
